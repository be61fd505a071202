#ifndef MEOW_FUSED_H
#define MEOW_FUSED_H

#include "ort.h"

/* The operator `Fused` of the domain `meow`. */
extern const OrtCustomOp fused_operator;

#endif
