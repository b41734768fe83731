/* wfdb_format.c — the sample formats of WFDB signal files, as signal(5) of the WFDB documentation
 * describes them. */
#include "record/wfdb.h"

static const wfdb_format FORMATS[] = {
    {16, 1, 2, {2}, -32768},       /* little-endian, two's complement */
    {24, 1, 3, {3}, -8388608},
    {32, 1, 4, {4}, INT32_MIN},
    {61, 1, 2, {2}, -32768},       /* as 16, big-endian */
    {80, 1, 1, {1}, -128},         /* offset binary */
    {212, 2, 3, {2, 3}, -2048},    /* two of 12 bits */
    {310, 3, 4, {2, 4, 4}, -512},  /* three of 10 bits in two 16-bit words */
    {311, 3, 4, {2, 3, 4}, -512},  /* three of 10 bits in a 32-bit word */
};

const wfdb_format *fecg_wfdb_format(int64_t number) {
  for (size_t i = 0; i < sizeof FORMATS / sizeof *FORMATS; i++)
    if (FORMATS[i].number == number) return &FORMATS[i];
  return NULL;
}

/* The low `bits` bits as a two's complement number. */
static int32_t extend(uint32_t v, int bits) { return (int32_t)(v << (32 - bits)) >> (32 - bits); }

int32_t fecg_wfdb_sample(const wfdb_format *f, const uint8_t *p, uint64_t i) {
  uint64_t part = i % (uint64_t)f->samples;
  p += i / (uint64_t)f->samples * (uint64_t)f->bytes;
  switch (f->number) {
    case 16: return extend(p[0] | (uint32_t)p[1] << 8, 16);
    case 24: return extend(p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16, 24);
    case 32: return (int32_t)(p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24);
    case 61: return extend(p[1] | (uint32_t)p[0] << 8, 16);
    case 80: return p[0] - 128;
    case 212:
      return part == 0 ? extend(p[0] | (uint32_t)(p[1] & 0x0F) << 8, 12) : extend(p[2] | (uint32_t)(p[1] & 0xF0) << 4, 12);
    case 310: /* bit 0 of each word is unused; the third sample is made of the words' top five bits */
      return part == 2 ? extend((uint32_t)p[1] >> 3 | (uint32_t)(p[3] >> 3) << 5, 10)
                       : extend((p[2 * part] | (uint32_t)p[2 * part + 1] << 8) >> 1, 10);
    default: /* 311: bits 0-9, 10-19, 20-29 */
      return part == 0   ? extend(p[0] | (uint32_t)p[1] << 8, 10)
             : part == 1 ? extend((uint32_t)p[1] >> 2 | (uint32_t)p[2] << 6, 10)
                         : extend((uint32_t)p[2] >> 4 | (uint32_t)p[3] << 4, 10);
  }
}

uint64_t fecg_wfdb_samples_in(const wfdb_format *f, uint64_t n) {
  uint64_t samples = n / (uint64_t)f->bytes * (uint64_t)f->samples;
  for (int i = 0; i < f->samples; i++) samples += (uint64_t)f->needs[i] <= n % (uint64_t)f->bytes;
  return samples;
}
