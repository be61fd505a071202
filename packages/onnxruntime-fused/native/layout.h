/* Operators that move and reduce tensors, for programs without the engine, which has its own. */
#ifndef MEOW_LAYOUT_H
#define MEOW_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include "ort.h"

/* In the order of their numbers. */
#define LAYOUT_OPERATORS 5
extern const OrtCustomOp *const layout_operators[LAYOUT_OPERATORS];

/* Their attribute `layout`: numbers from 0 on, of which some come first, then the result's rank and shape, and then others. */
typedef struct {
  const OrtApi *api;
  int64_t *first;
  const int64_t *shape;
  size_t rank;
  int64_t elements; /* of the result */
  const int64_t *last;
  size_t last_count;
} Layout;

/* Reads it, with so many numbers first. */
OrtStatus *create_layout(const OrtApi *api, const OrtKernelInfo *info, const char *operator, size_t first_count, void **out);

/* Frees it. */
void destroy_layout(void *layout);

/* The values of an input and how many there are. */
OrtStatus *read_elements(const Layout *layout, const OrtKernelContext *context, const char *operator, int64_t index,
                         float **data, int64_t *elements);

/* Where the only output is written. */
OrtStatus *give_result(const Layout *layout, OrtKernelContext *context, float **out);

extern const OrtCustomOp reduce_operator;
extern const OrtCustomOp smallest_operator;

#endif
