/* sha256.h — SHA-256 (FIPS 180-4) of a block of bytes, as 64 lower-case hexadecimal digits and a zero. */
#ifndef FECG_BASE_SHA256_H
#define FECG_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

void fecg_sha256(const uint8_t *bytes, size_t n, char hex[65]);

#endif
