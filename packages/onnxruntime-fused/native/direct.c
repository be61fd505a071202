/* Reads and runs programs of our own operators, to which `direct-host` is the engine. */
#include "direct.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "direct-host.h"
#include "layout.h"
#include "platform.h"

#define MOST_VALUES 65536

/* In the order of their numbers; the last one's entries are floats. */
static const char *const attribute_names[] = {"size", "inputs",  "outputs", "output_shapes",
                                              "code", "product", "layout",  "constants"};
enum { ATTRIBUTES = sizeof attribute_names / sizeof *attribute_names };

_Static_assert(ATTRIBUTES <= MOST_ATTRIBUTES, "an operator may have all attributes");

typedef struct {
  const OrtCustomOp *operator;
  void *kernel;
  OrtKernelContext context;
} Step;

struct Direct {
  Host host; /* handed to operators; statuses are the engine's */
  int64_t *numbers;
  float *floats;
  OrtValue *values;
  int64_t input_count, value_count;
  float *memory;
  Step *steps;
  size_t step_count;
};

/* The numbers that are still to be read. */
typedef struct {
  const int64_t *next, *end;
  const float *next_float, *end_float;
  bool failed;
} Reader;

/* The next number, which lies from `least` to below `end`. */
static int64_t read_number(Reader *reader, int64_t least, int64_t end) {
  if (reader->failed || reader->next >= reader->end || *reader->next < least || *reader->next >= end)
    return reader->failed = true, least;
  return *reader->next++;
}

/* So many numbers, at their place. */
static const int64_t *read_numbers(Reader *reader, size_t *count) {
  *count = (size_t)read_number(reader, 0, INT64_C(1) << 32);
  if (*count > (size_t)(reader->end - reader->next)) reader->failed = true, *count = 0;
  const int64_t *at = reader->next;
  reader->next += *count;
  return at;
}

/* Values that steps read were given or made before; those that they make are not inputs and were not made before. */
static void read_values(Reader *reader, const int64_t **out, size_t *count, bool *made, int64_t most, bool makes) {
  *out = read_numbers(reader, count);
  for (size_t i = 0; i < *count; i++) {
    const int64_t value = (*out)[i];
    if (value < 0 || value >= most || made[value] == makes) {
      reader->failed = true;
      return;
    }
    if (makes) made[value] = true;
  }
}

static void read_attribute(Reader *reader, Attribute *attribute) {
  const int64_t name = read_number(reader, 0, ATTRIBUTES);
  attribute->name = attribute_names[name];
  if (name < ATTRIBUTES - 1) {
    attribute->ints = read_numbers(reader, &attribute->count);
    return;
  }
  attribute->count = (size_t)read_number(reader, 0, reader->end_float - reader->next_float + 1);
  attribute->floats = reader->next_float;
  reader->next_float += attribute->count;
}

static OrtStatus *read_step(Direct *direct, Reader *reader, const OperatorSet *set, bool *made, Step *step) {
  struct OrtKernelInfo info = {0};
  const int64_t operator = read_number(reader, 0, LAYOUT_OPERATORS + OPERATOR_COUNT);
  step->context.values = direct->values;
  step->context.memory = direct->memory;
  read_values(reader, &step->context.inputs, &step->context.input_count, made, direct->value_count, false);
  read_values(reader, &step->context.outputs, &step->context.output_count, made, direct->value_count, true);
  info.count = (size_t)read_number(reader, 0, ATTRIBUTES + 1);
  for (size_t i = 0; i < info.count && !reader->failed; i++) read_attribute(reader, &info.attributes[i]);
  if (reader->failed) return engine_api()->CreateStatus(ORT_INVALID_ARGUMENT, "the numbers are no program.");
  step->operator = operator < LAYOUT_OPERATORS ? layout_operators[operator] : set->operators[operator - LAYOUT_OPERATORS];
  return step->operator->CreateKernelV2(step->operator, &direct->host.api, &info, &step->kernel);
}

/* More floats than memory has, so that sums of them stay whole numbers. */
#define MOST_FLOATS (INT64_C(1) << 40)

/* Where a value lies, of so many floats of memory. */
static void read_place(Reader *reader, const Direct *direct, int64_t memory, OrtValue *value) {
  value->base = read_number(reader, IN_SOURCE, direct->value_count);
  value->offset = read_number(reader, 0, MOST_FLOATS);
  value->capacity = read_number(reader, 0, MOST_FLOATS);
  if (value->base == IN_MEMORY && value->offset + value->capacity > memory) reader->failed = true;
}

static OrtStatus *read_program(Direct *direct, Reader *reader, const OperatorSet *set, bool *made, int64_t memory) {
  for (int64_t i = direct->input_count; i < direct->value_count; i++)
    read_place(reader, direct, memory, &direct->values[i]);
  OrtStatus *status = NULL;
  while (!status && !reader->failed && reader->next < reader->end)
    status = read_step(direct, reader, set, made, &direct->steps[direct->step_count++]);
  if (!status && reader->failed) status = engine_api()->CreateStatus(ORT_INVALID_ARGUMENT, "the numbers are no program.");
  return status;
}

OrtStatus *direct_create(const OperatorSet *set, const int64_t *numbers, size_t count, const float *floats,
                         size_t float_count, Direct **out) {
  *out = NULL;
  Direct *direct = calloc(1, sizeof *direct);
  bool *made = NULL;
  if (!direct) goto no_memory;
  fill_host_table(&direct->host.api);
  direct->numbers = malloc((count + 1) * sizeof *numbers);
  direct->floats = malloc((float_count + 1) * sizeof *floats);
  /* A step takes at least four numbers. */
  direct->steps = calloc(count / 4 + 2, sizeof *direct->steps);
  if (!direct->numbers || !direct->floats || !direct->steps) goto no_memory;
  memcpy(direct->numbers, numbers, count * sizeof *numbers);
  memcpy(direct->floats, floats, float_count * sizeof *floats);
  Reader reader = {direct->numbers, direct->numbers + count, direct->floats, direct->floats + float_count, false};
  direct->input_count = read_number(&reader, 0, MOST_VALUES);
  direct->value_count = read_number(&reader, direct->input_count, MOST_VALUES);
  const int64_t memory = read_number(&reader, 0, MOST_FLOATS);
  direct->values = calloc((size_t)direct->value_count + 1, sizeof *direct->values);
  direct->memory = allocate_aligned((size_t)(memory + 1) * sizeof *direct->memory);
  made = calloc((size_t)direct->value_count + 1, sizeof *made);
  if (!direct->values || !direct->memory || !made) goto no_memory;
  for (int64_t i = 0; i < direct->input_count; i++) made[i] = true;
  OrtStatus *status = read_program(direct, &reader, set, made, memory);
  free(made);
  if (status)
    direct_free(direct);
  else
    *out = direct;
  return status;
no_memory:
  free(made);
  direct_free(direct);
  return failure(engine_api(), "no memory for a program.");
}

static OrtStatus *check_value(const Direct *direct, int64_t value, int64_t from, int64_t end) {
  return value >= from && value < end
             ? NULL
             : failure(engine_api(), "there is no value %lld of that kind among %lld.", (long long)value,
                       (long long)direct->value_count);
}

OrtStatus *direct_feed(Direct *direct, int64_t value, float *data, const int64_t *dims, size_t rank) {
  OrtStatus *status = check_value(direct, value, 0, direct->input_count);
  if (status) return status;
  OrtValue *input = &direct->values[value];
  input->data = data;
  input->rank = rank;
  memcpy(input->dims, dims, rank * sizeof *dims);
  return NULL;
}

OrtStatus *direct_offer(Direct *direct, int64_t value, float *data, int64_t elements) {
  OrtStatus *status = check_value(direct, value, direct->input_count, direct->value_count);
  if (status) return status;
  direct->values[value].room = data;
  direct->values[value].room_elements = elements;
  return NULL;
}

OrtStatus *direct_run(Direct *direct) {
  OrtStatus *status = NULL;
  for (size_t i = 0; i < direct->step_count && !status; i++) {
    Step *step = &direct->steps[i];
    status = step->operator->KernelComputeV2(step->kernel, &step->context);
  }
  return status;
}

void direct_free(Direct *direct) {
  if (!direct) return;
  for (size_t i = 0; direct->steps && i < direct->step_count; i++)
    if (direct->steps[i].kernel) direct->steps[i].operator->KernelDestroy(direct->steps[i].kernel);
  free(direct->numbers);
  free(direct->floats);
  free(direct->values);
  free_aligned(direct->memory);
  free_aligned(direct->host.scratch.memory);
  free(direct->steps);
  free(direct);
}
