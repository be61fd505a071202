/* What stands for the engine where our operators run without it: a table of the few functions of its API that they call. */
#ifndef MEOW_DIRECT_HOST_H
#define MEOW_DIRECT_HOST_H

#include <stddef.h>
#include <stdint.h>

#include "kernel.h"
#include "ort.h"

/* A tensor; also what is told of its shape. */
struct OrtValue {
  float *data; /* NULL where it was neither given nor made */
  int64_t dims[MOST_DIMS];
  size_t rank;
  int64_t slot;     /* the memory that it lies in; -1 for inputs and results */
  float *room;      /* where a result is written */
  int64_t elements; /* of that room */
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

/* Memory for results, which grows when it is first used. */
typedef struct {
  float *memory;
  int64_t capacity;
} Slot;

/* What a step works on. */
struct OrtKernelContext {
  OrtValue *values;
  Slot *slots;
  const int64_t *inputs, *outputs; /* numbers of values */
  size_t input_count, output_count;
};

/* The engine's own table, for statuses. One per process, as the engine is. */
extern const OrtApi *statuses;

/* Fills the table that operators are handed. */
void fill_host_table(OrtApi *api);

#endif
