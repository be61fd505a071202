/* The operator `Columns`: matrices of as many rows beside each other, as in ONNX's Concat along axis 1. */
#include "columns.h"

#include <string.h>

#include "kernel.h"

/* direct-plan.ts leaves more to the engine. */
#define MOST_INPUTS 16

static void destroy(void *kernel) { (void)kernel; }

static OrtStatus *create(const OrtCustomOp *op, const OrtApi *api, const OrtKernelInfo *info, void **kernel) {
  (void)op, (void)info;
  *kernel = (void *)api;
  return NULL;
}

static OrtStatus *compute(void *kernel, OrtKernelContext *context) {
  const OrtApi *api = kernel;
  float *from[MOST_INPUTS], *to = NULL;
  int64_t widths[MOST_INPUTS], shape[2] = {0, 0}, dims[MOST_DIMS];
  size_t inputs = 0, rank = 0;
  OrtValue *value = NULL;
  OrtStatus *status = api->KernelContext_GetInputCount(context, &inputs);
  if (status) return status;
  if (inputs < 1 || inputs > MOST_INPUTS)
    return failure(api, "Columns: the node has %d inputs, expected 1 to %d.", (int)inputs, MOST_INPUTS);
  for (size_t i = 0; i < inputs; i++) {
    if ((status = read_input(api, context, "Columns", (int64_t)i, &from[i], dims, &rank))) return status;
    if (rank != 2) return failure(api, "Columns: input %d has %d axes, expected 2.", (int)i, (int)rank);
    if (i > 0 && dims[0] != shape[0])
      return failure(api, "Columns: input %d has %lld rows, those before it %lld.", (int)i, (long long)dims[0],
                     (long long)shape[0]);
    shape[0] = dims[0];
    widths[i] = dims[1];
    shape[1] += dims[1];
  }
  if ((status = api->KernelContext_GetOutput(context, 0, shape, 2, &value))) return status;
  if (!value) return failure(api, "Columns: the output is missing.");
  if ((status = api->GetTensorMutableData(value, (void **)&to))) return status;
  for (int64_t row = 0; row < shape[0]; row++)
    for (size_t i = 0; i < inputs; to += widths[i], i++)
      memcpy(to, from[i] + row * widths[i], (size_t)widths[i] * sizeof *to);
  return NULL;
}

static const char *name(const OrtCustomOp *op) { return (void)op, "Columns"; }

const OrtCustomOp columns_operator = {OPERATOR_CALLS, .GetName = name, .CreateKernelV2 = create,
                                      .KernelComputeV2 = compute, .KernelDestroy = destroy};
