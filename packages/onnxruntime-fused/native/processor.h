/* Which instructions beyond those of every processor of its kind the processor has, and the operating system saves the registers of. */
#ifndef MEOW_PROCESSOR_H
#define MEOW_PROCESSOR_H

#ifdef MEOW_X86

#include <stdbool.h>

typedef struct {
  bool avx2;   /* with fused multiplication and addition */
  bool avx512; /* the parts f, bw, dq and vl, with the same */
} Extensions;

Extensions processor_extensions(void);

#endif

#endif
