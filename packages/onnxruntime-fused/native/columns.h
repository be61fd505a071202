#ifndef MEOW_COLUMNS_H
#define MEOW_COLUMNS_H

#include "ort.h"

/* The operator `Columns`: matrices of as many rows beside each other. Only `direct` knows it: the engine has one of its own. */
extern const OrtCustomOp columns_operator;

#endif
