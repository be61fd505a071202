#ifndef MEOW_FUSED_H
#define MEOW_FUSED_H

#include <stddef.h>

#include "blocks.h"
#include "ort.h"

/* The operator `Fused` of the domain `meow`, with the loops that were compiled for an instruction set. */
typedef struct {
  OrtCustomOp operator; /* first, as onnxruntime hands a pointer to it back */
  const char *instruction_set;
  RunBlocks *run;
} FusedOperator;

/* At most so many are compiled. */
#define MOST_OPERATORS 3

/* Those whose instructions the processor has, the fastest first; returns how many. */
size_t fused_operators(const FusedOperator *operators[MOST_OPERATORS]);

#endif
