/* p_waves.h — the P waves before beats whose QRS and T are known. */
#ifndef FECG_MEASURE_P_WAVES_H
#define FECG_MEASURE_P_WAVES_H

#include "measure/waves.h"

/* Fills the P of every beat of d, joined and in each lead, where there is one. FECG_ERR_MEMORY. */
fecg_status fecg_find_p_waves(const fecg_wave_work *k, fecg_delineation *d, fecg_arena *arena);

#endif
