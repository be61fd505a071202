/*
 * `Part`: consecutive elements of a tensor. `Join`: tensors of as many rows beside each other. `Strided`: for each element of the
 * result one of the input, so much further for each step along an axis.
 */
#include "layout.h"

#include <stdlib.h>
#include <string.h>

#include "direct-host.h"
#include "kernel.h"

/* Numbers are below, so that two of them have a product. */
#define MOST_ELEMENTS (INT64_C(1) << 40)

void destroy_layout(void *layout) {
  if (layout) free(((Layout *)layout)->first);
  free(layout);
}

static OrtStatus *check_layout(Layout *layout, const char *operator, size_t first_count, int64_t count) {
  for (int64_t i = 0; i < count; i++)
    if (layout->first[i] < 0 || layout->first[i] > MOST_ELEMENTS)
      return failure(layout->api, "%s: layout has the number %lld, expected 0 to %lld.", operator,
                     (long long)layout->first[i], (long long)MOST_ELEMENTS);
  const int64_t rank = count > (int64_t)first_count ? layout->first[first_count] : MOST_DIMS + 1;
  const int64_t last = count - (int64_t)first_count - 1 - rank;
  if (rank > MOST_DIMS || last < 0)
    return failure(layout->api, "%s: layout has %d numbers, too few for its shape.", operator, (int)count);
  layout->shape = layout->first + first_count + 1;
  layout->rank = (size_t)rank;
  layout->last = layout->shape + rank;
  layout->last_count = (size_t)last;
  layout->elements = 1;
  for (size_t i = 0; i < layout->rank; i++)
    if (__builtin_mul_overflow(layout->elements, layout->shape[i], &layout->elements) || layout->elements > MOST_ELEMENTS)
      return failure(layout->api, "%s: layout has a shape of more than %lld elements.", operator, (long long)MOST_ELEMENTS);
  return NULL;
}

OrtStatus *create_layout(const OrtApi *api, const OrtKernelInfo *info, const char *operator, size_t first_count, void **out) {
  int64_t count = 0;
  *out = NULL;
  Layout *layout = calloc(1, sizeof *layout);
  if (!layout) return failure(api, "%s: no memory.", operator);
  layout->api = api;
  OrtStatus *status = read_ints(api, info, operator, "layout", &layout->first, &count);
  if (!status) status = check_layout(layout, operator, first_count, count);
  if (status)
    destroy_layout(layout);
  else
    *out = layout;
  return status;
}

OrtStatus *read_elements(const Layout *layout, const OrtKernelContext *context, const char *operator, int64_t index,
                         float **data, int64_t *elements) {
  int64_t dims[MOST_DIMS];
  size_t rank = 0;
  OrtStatus *status = read_input(layout->api, context, operator, index, data, dims, &rank);
  *elements = 1;
  for (size_t i = 0; !status && i < rank; i++) *elements *= dims[i];
  return status;
}

OrtStatus *give_result(const Layout *layout, OrtKernelContext *context, float **out) {
  OrtValue *value = NULL;
  OrtStatus *status = layout->api->KernelContext_GetOutput(context, 0, layout->shape, layout->rank, &value);
  return status ? status : layout->api->GetTensorMutableData(value, (void **)out);
}

static OrtStatus *create_part(const OrtCustomOp *op, const OrtApi *api, const OrtKernelInfo *info, void **kernel) {
  return (void)op, create_layout(api, info, "Part", 1, kernel);
}

static OrtStatus *compute_part(void *kernel, OrtKernelContext *context) {
  const Layout *layout = kernel;
  const int64_t offset = layout->first[0];
  float *from = NULL;
  int64_t elements = 0;
  OrtStatus *status = read_elements(layout, context, "Part", 0, &from, &elements);
  if (status) return status;
  if (context->output_count != 1 || offset + layout->elements > elements)
    return failure(layout->api, "Part: the input has %lld elements, expected at least %lld, and one output.",
                   (long long)elements, (long long)(offset + layout->elements));
  return give_part(context, offset, layout->shape, layout->rank);
}

static OrtStatus *create_join(const OrtCustomOp *op, const OrtApi *api, const OrtKernelInfo *info, void **kernel) {
  return (void)op, create_layout(api, info, "Join", 1, kernel);
}

/* Checks the inputs' widths; gives that of the result. */
static OrtStatus *check_join(const Layout *layout, const OrtKernelContext *context, int64_t *out) {
  const int64_t rows = layout->first[0];
  int64_t width = 0, elements = 0, expected = 0, total = 0;
  float *data = NULL;
  size_t inputs = 0;
  OrtStatus *status = layout->api->KernelContext_GetInputCount(context, &inputs);
  if (status) return status;
  if (inputs != layout->last_count)
    return failure(layout->api, "Join: there are %d inputs, expected %d.", (int)inputs, (int)layout->last_count);
  for (size_t i = 0; i < inputs; i++) {
    if ((status = read_elements(layout, context, "Join", (int64_t)i, &data, &elements))) return status;
    if (__builtin_mul_overflow(rows, layout->last[i], &expected) || elements != expected ||
        __builtin_add_overflow(width, layout->last[i], &width))
      return failure(layout->api, "Join: input %d has %lld elements, expected %lld rows of %lld.", (int)i,
                     (long long)elements, (long long)rows, (long long)layout->last[i]);
  }
  *out = width;
  if (__builtin_mul_overflow(rows, width, &total) || total != layout->elements)
    return failure(layout->api, "Join: %lld rows of %lld elements are not the %lld of the result.", (long long)rows,
                   (long long)width, (long long)layout->elements);
  return NULL;
}

static OrtStatus *compute_join(void *kernel, OrtKernelContext *context) {
  const Layout *layout = kernel;
  const int64_t rows = layout->first[0];
  int64_t width = 0, elements = 0;
  float *to = NULL, *from = NULL;
  OrtStatus *status = check_join(layout, context, &width);
  if (status) return status;
  if ((status = give_result(layout, context, &to))) return status;
  for (size_t i = 0; rows > 0 && i < layout->last_count; to += layout->last[i], i++) {
    const int64_t part = layout->last[i];
    if ((status = read_elements(layout, context, "Join", (int64_t)i, &from, &elements))) return status;
    /* It was made where it belongs. */
    if (from == to && rows == 1) continue;
    for (int64_t row = 0; row < rows; row++)
      memmove(to + row * width, from + row * part, (size_t)part * sizeof *to);
  }
  return NULL;
}

static OrtStatus *create_strided(const OrtCustomOp *op, const OrtApi *api, const OrtKernelInfo *info, void **kernel) {
  OrtStatus *status = create_layout(api, info, "Strided", 1, kernel);
  (void)op;
  if (status) return status;
  const Layout *layout = *kernel;
  if (layout->last_count == layout->rank) return NULL;
  status = failure(api, "Strided: there are %d strides, expected %d.", (int)layout->last_count, (int)layout->rank);
  destroy_layout(*kernel);
  *kernel = NULL;
  return status;
}

/* The elements that the input has at least. */
static int64_t reach_of(const Layout *layout) {
  int64_t last = layout->first[0], step = 0;
  for (size_t i = 0; i < layout->rank; i++)
    if (layout->shape[i] == 0)
      return 0;
    else if (__builtin_mul_overflow(layout->shape[i] - 1, layout->last[i], &step) ||
             __builtin_add_overflow(last, step, &last))
      return INT64_MAX;
  return last + 1;
}

/* The entries along the last axis. */
static void copy_run(float *to, const float *from, int64_t count, int64_t stride) {
  if (stride == 1)
    memcpy(to, from, (size_t)count * sizeof *to);
  else
    for (int64_t i = 0; i < count; i++) to[i] = from[i * stride];
}

static OrtStatus *compute_strided(void *kernel, OrtKernelContext *context) {
  const Layout *layout = kernel;
  const int64_t reach = reach_of(layout);
  const size_t outer_rank = layout->rank > 0 ? layout->rank - 1 : 0;
  const int64_t count = layout->rank > 0 ? layout->shape[outer_rank] : 1;
  const int64_t stride = layout->rank > 0 ? layout->last[outer_rank] : 1;
  float *from = NULL, *to = NULL;
  int64_t elements = 0, at[MOST_DIMS] = {0};
  OrtStatus *status = read_elements(layout, context, "Strided", 0, &from, &elements);
  if (status) return status;
  if (elements < reach)
    return failure(layout->api, "Strided: the input has %lld elements, expected at least %lld.", (long long)elements,
                   (long long)reach);
  if ((status = give_result(layout, context, &to))) return status;
  from += layout->elements > 0 ? layout->first[0] : 0;
  for (const float *end = to + layout->elements; to < end;) {
    copy_run(to, from, count, stride);
    to += count;
    /* The next place along the outer axes. */
    for (size_t axis = outer_rank; axis-- > 0;) {
      from += layout->last[axis];
      if (++at[axis] < layout->shape[axis]) break;
      from -= layout->shape[axis] * layout->last[axis];
      at[axis] = 0;
    }
  }
  return NULL;
}

static const char *part_name(const OrtCustomOp *op) { return (void)op, "Part"; }
static const char *join_name(const OrtCustomOp *op) { return (void)op, "Join"; }
static const char *strided_name(const OrtCustomOp *op) { return (void)op, "Strided"; }

static const OrtCustomOp part_operator = {OPERATOR_CALLS, .GetName = part_name, .CreateKernelV2 = create_part,
                                          .KernelComputeV2 = compute_part, .KernelDestroy = destroy_layout};
static const OrtCustomOp join_operator = {OPERATOR_CALLS, .GetName = join_name, .CreateKernelV2 = create_join,
                                          .KernelComputeV2 = compute_join, .KernelDestroy = destroy_layout};
static const OrtCustomOp strided_operator = {OPERATOR_CALLS, .GetName = strided_name, .CreateKernelV2 = create_strided,
                                             .KernelComputeV2 = compute_strided, .KernelDestroy = destroy_layout};

const OrtCustomOp *const layout_operators[LAYOUT_OPERATORS] = {&part_operator, &join_operator, &strided_operator,
                                                               &reduce_operator, &smallest_operator};
