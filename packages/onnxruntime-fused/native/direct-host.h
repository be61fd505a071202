/* What stands for the engine where our operators run without it: a table of the few functions of its API that they call. */
#ifndef MEOW_DIRECT_HOST_H
#define MEOW_DIRECT_HOST_H

#include <stddef.h>
#include <stdint.h>

#include "kernel.h"
#include "ort.h"

/* Where values lie that are made, if not in the room that is offered for one, which is then that value's number. */
enum { IN_MEMORY = -1, IN_SOURCE = -2 };

/* A tensor; also what is told of its shape. */
struct OrtValue {
  float *data; /* NULL where it was neither given nor made */
  int64_t dims[MOST_DIMS];
  size_t rank;
  int64_t base;     /* where it lies: one of the above or a value */
  int64_t offset;   /* from there, in floats */
  int64_t capacity; /* elements that there are for it */
  float *room;      /* what is offered for it */
  int64_t room_elements;
};

typedef struct {
  const char *name;
  const int64_t *ints;
  const float *floats;
  size_t count;
} Attribute;

/* More than an operator has. */
#define MOST_ATTRIBUTES 8

struct OrtKernelInfo {
  Attribute attributes[MOST_ATTRIBUTES];
  size_t count;
};

/* What a step works on. */
struct OrtKernelContext {
  OrtValue *values;
  float *memory;
  const int64_t *inputs, *outputs; /* numbers of values */
  size_t input_count, output_count;
};

/* Memory for the time of a step, which the steps of a program share, so that it stays in the core's caches. */
typedef struct {
  float *memory;
  int64_t floats;
} Scratch;

/* What operators are handed as the engine, and what belongs to it. */
typedef struct {
  OrtApi api; /* first, as operators hand a pointer to it back */
  Scratch scratch;
} Host;

/* Makes the scratch of a host at least so large; NULL where there is no memory, or where the engine is handed that has none. */
const Scratch *reserve_scratch(const OrtApi *api, int64_t floats);

/*
 * Makes the only output a part of the only input, which has `offset` elements before it: where it lies elsewhere, a copy. The shape
 * has to fit.
 */
OrtStatus *give_part(OrtKernelContext *context, int64_t offset, const int64_t *shape, size_t rank);

/* Fills the table of a host. */
void fill_host_table(OrtApi *api);

#endif
