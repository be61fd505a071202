/* The functions of the table, in the order in which operators need them. */
#include "direct-host.h"

#include <string.h>

#include "platform.h"

static OrtStatus *unsupported(void) {
  return engine_api()->CreateStatus(ORT_FAIL, "an operator calls a function of the engine that it does not have here.");
}

static const Attribute *attribute_of(const OrtKernelInfo *info, const char *name) {
  for (size_t i = 0; i < info->count; i++)
    if (strcmp(info->attributes[i].name, name) == 0) return &info->attributes[i];
  return NULL;
}

static OrtStatus *get_ints(const OrtKernelInfo *info, const char *name, int64_t *out, size_t *count) {
  const Attribute *attribute = attribute_of(info, name);
  if (!attribute) return engine_api()->CreateStatus(ORT_FAIL, "it is missing.");
  if (out) memcpy(out, attribute->ints, *count * sizeof *out);
  *count = attribute->count;
  return NULL;
}

static OrtStatus *get_floats(const OrtKernelInfo *info, const char *name, float *out, size_t *count) {
  const Attribute *attribute = attribute_of(info, name);
  if (!attribute) return engine_api()->CreateStatus(ORT_FAIL, "it is missing.");
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
  if (index >= context->input_count) return engine_api()->CreateStatus(ORT_FAIL, "an operator reads an input that it has not.");
  *out = &context->values[context->inputs[index]];
  if (!(*out)->data) return failure(engine_api(), "value %d was not fed.", (int)context->inputs[index]);
  return NULL;
}

/* Where a value of so many elements is written. */
static OrtStatus *find_room(const OrtKernelContext *context, int64_t number, int64_t elements, float **out) {
  const OrtValue *value = &context->values[number];
  if (value->base == IN_SOURCE) return engine_api()->CreateStatus(ORT_FAIL, "only a part lies in what it is a part of.");
  if (value->base == IN_MEMORY) {
    if (elements > value->capacity)
      return failure(engine_api(), "invalid dimensions for output: value %d has %lld elements, planned were %lld.",
                     (int)number, (long long)elements, (long long)value->capacity);
    *out = context->memory + value->offset;
    return NULL;
  }
  const OrtValue *result = &context->values[value->base];
  const int64_t left = result->room ? result->room_elements - value->offset : 0;
  if (elements > left || (value == result && elements != left))
    return failure(engine_api(), "invalid dimensions for output: value %d has %lld elements, its room %lld.", (int)number,
                   (long long)elements, (long long)left);
  *out = result->room + value->offset;
  return NULL;
}

static OrtStatus *get_output(OrtKernelContext *context, size_t index, const int64_t *shape, size_t rank, OrtValue **out) {
  int64_t elements = 1;
  *out = NULL;
  if (index >= context->output_count || rank > MOST_DIMS)
    return engine_api()->CreateStatus(ORT_FAIL, "an operator gives an output that it has not.");
  OrtValue *value = &context->values[context->outputs[index]];
  for (size_t i = 0; i < rank; i++)
    if (shape[i] < 0 || __builtin_mul_overflow(elements, shape[i], &elements) || elements > INT64_C(1) << 40)
      return engine_api()->CreateStatus(ORT_FAIL, "a result has an axis that cannot be.");
  OrtStatus *status = find_room(context, context->outputs[index], elements, &value->data);
  if (status) return status;
  memcpy(value->dims, shape, rank * sizeof *shape);
  value->rank = rank;
  *out = value;
  return NULL;
}

OrtStatus *give_part(OrtKernelContext *context, int64_t offset, const int64_t *shape, size_t rank) {
  const float *from = context->values[context->inputs[0]].data + offset;
  OrtValue *value = &context->values[context->outputs[0]];
  int64_t elements = 1;
  for (size_t i = 0; i < rank; i++) elements *= shape[i];
  if (value->base != IN_SOURCE) {
    OrtStatus *status = get_output(context, 0, shape, rank, &value);
    if (status) return status;
    if (value->data != from) memmove(value->data, from, (size_t)elements * sizeof *from);
    return NULL;
  }
  /* It is only read. */
  value->data = (float *)from;
  memcpy(value->dims, shape, rank * sizeof *shape);
  value->rank = rank;
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

const Scratch *reserve_scratch(const OrtApi *api, int64_t floats) {
  if (api->GetTensorMutableData != get_data) return NULL;
  Scratch *scratch = &((Host *)api)->scratch;
  if (scratch->floats >= floats) return scratch;
  free_aligned(scratch->memory);
  scratch->memory = allocate_aligned((size_t)floats * sizeof *scratch->memory);
  scratch->floats = scratch->memory ? floats : 0;
  return scratch->memory ? scratch : NULL;
}

void fill_host_table(OrtApi *api) {
  OrtStatus *(**functions)(void) = (OrtStatus * (**)(void)) api;
  for (size_t i = 0; i < sizeof *api / sizeof *functions; i++) functions[i] = unsupported;
  api->CreateStatus = engine_api()->CreateStatus;
  api->GetErrorMessage = engine_api()->GetErrorMessage;
  api->ReleaseStatus = engine_api()->ReleaseStatus;
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
