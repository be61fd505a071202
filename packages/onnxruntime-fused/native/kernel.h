/* What operators have in common: reading attributes and inputs, and their messages. */
#ifndef MEOW_KERNEL_H
#define MEOW_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include "ort.h"

#define MOST_DIMS 16

OrtStatus *failure(const OrtApi *api, const char *format, ...);

/* What onnxruntime says of an operator's attribute, with its name, which it leaves out. */
OrtStatus *unreadable(const OrtApi *api, const char *operator, const char *name, OrtStatus *status);

/* An attribute's whole numbers, to be freed. */
OrtStatus *read_ints(const OrtApi *api, const OrtKernelInfo *info, const char *operator, const char *name,
                     int64_t **out, int64_t *count);

/* The values of an input and its shape. */
OrtStatus *read_input(const OrtApi *api, const OrtKernelContext *context, const char *operator, int64_t index,
                      float **data, int64_t dims[MOST_DIMS], size_t *rank);

/* What an operator of any number of float32 inputs and outputs answers onnxruntime. */
const char *operator_provider(const OrtCustomOp *op);
size_t operator_one(const OrtCustomOp *op);
int operator_at_least_one(const OrtCustomOp *op);
OrtElementType operator_floats(const OrtCustomOp *op, size_t index);
int operator_variadic(const OrtCustomOp *op, size_t index);
int operator_default_memory(const OrtCustomOp *op, size_t index);

#define OPERATOR_CALLS                                                                                               \
  .version = ORT_API_VERSION, .GetExecutionProviderType = operator_provider, .GetInputType = operator_floats,        \
  .GetInputTypeCount = operator_one, .GetOutputType = operator_floats, .GetOutputTypeCount = operator_one,           \
  .GetInputCharacteristic = operator_variadic, .GetOutputCharacteristic = operator_variadic,                         \
  .GetInputMemoryType = operator_default_memory, .GetVariadicInputMinArity = operator_at_least_one,                  \
  .GetVariadicInputHomogeneity = operator_at_least_one, .GetVariadicOutputMinArity = operator_at_least_one,          \
  .GetVariadicOutputHomogeneity = operator_at_least_one

#endif
