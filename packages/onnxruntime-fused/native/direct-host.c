/* The functions of the table, in the order in which operators need them. */
#include "direct-host.h"

#include <string.h>

#include "platform.h"

const OrtApi *statuses;

static OrtStatus *unsupported(void) {
  return statuses->CreateStatus(ORT_FAIL, "an operator calls a function of the engine that it does not have here.");
}

static const Attribute *attribute_of(const OrtKernelInfo *info, const char *name) {
  for (size_t i = 0; i < info->count; i++)
    if (strcmp(info->attributes[i].name, name) == 0) return &info->attributes[i];
  return NULL;
}

static OrtStatus *get_ints(const OrtKernelInfo *info, const char *name, int64_t *out, size_t *count) {
  const Attribute *attribute = attribute_of(info, name);
  if (!attribute) return statuses->CreateStatus(ORT_FAIL, "it is missing.");
  if (out) memcpy(out, attribute->ints, *count * sizeof *out);
  *count = attribute->count;
  return NULL;
}

static OrtStatus *get_floats(const OrtKernelInfo *info, const char *name, float *out, size_t *count) {
  const Attribute *attribute = attribute_of(info, name);
  if (!attribute) return statuses->CreateStatus(ORT_FAIL, "it is missing.");
  if (out) memcpy(out, attribute->floats, *count * sizeof *out);
  *count = attribute->count;
  return NULL;
}

static OrtStatus *get_input_count(const OrtKernelContext *context, size_t *out) {
  *out = context->input_count;
  return NULL;
}

static OrtStatus *get_output_count(const OrtKernelContext *context, size_t *out) {
  *out = context->output_count;
  return NULL;
}

static OrtStatus *get_input(const OrtKernelContext *context, size_t index, const OrtValue **out) {
  if (index >= context->input_count) return statuses->CreateStatus(ORT_FAIL, "an operator reads an input that it has not.");
  *out = &context->values[context->inputs[index]];
  if (!(*out)->data) return failure(statuses, "value %d was not fed.", (int)context->inputs[index]);
  return NULL;
}

static OrtStatus *get_output(OrtKernelContext *context, size_t index, const int64_t *shape, size_t rank, OrtValue **out) {
  int64_t elements = 1;
  *out = NULL;
  if (index >= context->output_count || rank > MOST_DIMS)
    return statuses->CreateStatus(ORT_FAIL, "an operator gives an output that it has not.");
  OrtValue *value = &context->values[context->outputs[index]];
  for (size_t i = 0; i < rank; i++)
    if (shape[i] < 0 || __builtin_mul_overflow(elements, shape[i], &elements) || elements > INT64_C(1) << 40)
      return statuses->CreateStatus(ORT_FAIL, "a result has an axis that cannot be.");
  if (value->slot < 0) {
    if (!value->room || value->elements != elements)
      return failure(statuses, "invalid dimensions for output: value %d has %lld elements, its room %lld.",
                     (int)context->outputs[index], (long long)elements, (long long)(value->room ? value->elements : 0));
    value->data = value->room;
  } else {
    Slot *slot = &context->slots[value->slot];
    if (!slot->memory || slot->capacity < elements) {
      free_aligned(slot->memory);
      slot->memory = allocate_aligned((size_t)(elements + 1) * sizeof *slot->memory);
      slot->capacity = elements;
      if (!slot->memory) return statuses->CreateStatus(ORT_FAIL, "no memory for a result.");
    }
    value->data = slot->memory;
  }
  memcpy(value->dims, shape, rank * sizeof *shape);
  value->rank = rank;
  *out = value;
  return NULL;
}

static OrtStatus *get_data(OrtValue *value, void **out) {
  *out = value->data;
  return NULL;
}

static OrtStatus *get_shape(const OrtValue *value, OrtTensorInfo **out) {
  *out = (OrtTensorInfo *)value;
  return NULL;
}

static OrtStatus *get_rank(const OrtTensorInfo *info, size_t *out) {
  *out = ((const OrtValue *)info)->rank;
  return NULL;
}

static OrtStatus *get_dims(const OrtTensorInfo *info, int64_t *out, size_t rank) {
  memcpy(out, ((const OrtValue *)info)->dims, rank * sizeof *out);
  return NULL;
}

static void release_shape(OrtTensorInfo *info) { (void)info; }

void fill_host_table(OrtApi *api) {
  OrtStatus *(**functions)(void) = (OrtStatus * (**)(void)) api;
  for (size_t i = 0; i < sizeof *api / sizeof *functions; i++) functions[i] = unsupported;
  api->CreateStatus = statuses->CreateStatus;
  api->GetErrorMessage = statuses->GetErrorMessage;
  api->ReleaseStatus = statuses->ReleaseStatus;
  api->KernelInfoGetAttributeArray_int64 = get_ints;
  api->KernelInfoGetAttributeArray_float = get_floats;
  api->KernelContext_GetInputCount = get_input_count;
  api->KernelContext_GetOutputCount = get_output_count;
  api->KernelContext_GetInput = get_input;
  api->KernelContext_GetOutput = get_output;
  api->GetTensorMutableData = get_data;
  api->GetTensorTypeAndShape = get_shape;
  api->GetDimensionsCount = get_rank;
  api->GetDimensions = get_dims;
  api->ReleaseTensorTypeAndShapeInfo = release_shape;
}
