#ifndef MEOW_PRODUCT_H
#define MEOW_PRODUCT_H

#include "multiply.h"
#include "ort.h"

/* The operator `Product` of the domain `meow`, with the loops that were compiled for an instruction set. */
typedef struct {
  OrtCustomOp operator; /* first, as onnxruntime hands a pointer to it back */
  Multiply *multiply;
} ProductOperator;

extern const ProductOperator product_plain;
#ifdef MEOW_X86
extern const ProductOperator product_avx2;
extern const ProductOperator product_avx512;
#endif

#endif
