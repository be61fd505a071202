#include "kernel.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

OrtStatus *failure(const OrtApi *api, const char *format, ...) {
  char message[320];
  va_list values;
  va_start(values, format);
  vsnprintf(message, sizeof message, format, values);
  va_end(values);
  return api->CreateStatus(ORT_INVALID_ARGUMENT, message);
}

OrtStatus *unreadable(const OrtApi *api, const char *operator, const char *name, OrtStatus *status) {
  OrtStatus *named =
      failure(api, "%s: the attribute %s cannot be read: %s", operator, name, api->GetErrorMessage(status));
  api->ReleaseStatus(status);
  return named;
}

OrtStatus *read_ints(const OrtApi *api, const OrtKernelInfo *info, const char *operator, const char *name,
                     int64_t **out, int64_t *count) {
  size_t size = 0;
  OrtStatus *status = api->KernelInfoGetAttributeArray_int64(info, name, NULL, &size);
  if (status) return unreadable(api, operator, name, status);
  *count = (int64_t)size;
  *out = calloc(size + 1, sizeof **out);
  if (!*out) return failure(api, "%s: no memory for the attribute %s.", operator, name);
  return size ? api->KernelInfoGetAttributeArray_int64(info, name, *out, &size) : NULL;
}

OrtStatus *read_input(const OrtApi *api, const OrtKernelContext *context, const char *operator, int64_t index,
                      float **data, int64_t dims[MOST_DIMS], size_t *rank) {
  const OrtValue *value = NULL;
  OrtTensorInfo *info = NULL;
  OrtStatus *status = api->KernelContext_GetInput(context, (size_t)index, &value);
  if (status) return status;
  if (!value) return failure(api, "%s: input %d is missing.", operator, (int)index);
  if ((status = api->GetTensorTypeAndShape(value, &info))) return status;
  status = api->GetDimensionsCount(info, rank);
  if (!status && *rank > MOST_DIMS)
    status = failure(api, "%s: input %d has %d axes, expected at most %d.", operator, (int)index, (int)*rank, MOST_DIMS);
  if (!status) status = api->GetDimensions(info, dims, *rank);
  api->ReleaseTensorTypeAndShapeInfo(info);
  if (status) return status;
  /* It is only read; the function has no variant for that. */
  return api->GetTensorMutableData((OrtValue *)value, (void **)data);
}

const char *operator_provider(const OrtCustomOp *op) { return (void)op, NULL; }
size_t operator_one(const OrtCustomOp *op) { return (void)op, 1; }
int operator_at_least_one(const OrtCustomOp *op) { return (void)op, 1; }
OrtElementType operator_floats(const OrtCustomOp *op, size_t index) { return (void)op, (void)index, ORT_FLOAT; }
int operator_variadic(const OrtCustomOp *op, size_t index) { return (void)op, (void)index, ORT_VARIADIC; }
int operator_default_memory(const OrtCustomOp *op, size_t index) { return (void)op, (void)index, ORT_MEMORY_DEFAULT; }
