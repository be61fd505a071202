#ifndef MEOW_OPERATORS_H
#define MEOW_OPERATORS_H

#include <stddef.h>

#include "adam.h"
#include "ort.h"

#define OPERATOR_COUNT 2

/* The operators of the domain `meow`, compiled for an instruction set. */
typedef struct {
  const char *instruction_set;
  const OrtCustomOp *operators[OPERATOR_COUNT];
  const AdamLoops *adam;
} OperatorSet;

/* At most so many are compiled. */
#define MOST_SETS 3

/* Those whose instructions the processor has, the fastest first; returns how many. */
size_t operator_sets(const OperatorSet *sets[MOST_SETS]);

#endif
