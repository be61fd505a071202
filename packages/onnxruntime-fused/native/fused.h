#ifndef MEOW_FUSED_H
#define MEOW_FUSED_H

#include "blocks.h"
#include "ort.h"

/* The operator `Fused` of the domain `meow`, with the loops that were compiled for an instruction set. */
typedef struct {
  OrtCustomOp operator; /* first, as onnxruntime hands a pointer to it back */
  RunBlocks *run;
} FusedOperator;

extern const FusedOperator fused_plain;
#ifdef MEOW_X86
extern const FusedOperator fused_avx2;
extern const FusedOperator fused_avx512;
#endif

#endif
