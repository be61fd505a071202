/* Programs of our own operators alone, run one after the other without the engine, which takes longer between them than they do. */
#ifndef MEOW_DIRECT_H
#define MEOW_DIRECT_H

#include <stddef.h>
#include <stdint.h>

#include "operators.h"
#include "ort.h"

typedef struct Direct Direct;

/*
 * Makes a program of numbers: how many values are inputs, how many there are in all, and how many floats of memory there are for them;
 * for each of the others where it lies (-1 for that memory, -2 for what it is a part of, or the value whose offered room that is), the
 * floats before it there and how many it has at most; then for each step the operator, its inputs and its outputs, each behind their
 * number, and the number of its attributes: which one, how many entries, and these, but for `constants`, whose entries are the next
 * floats. Operators are those of `layout.h` and then those of the set.
 *
 * Statuses are of the engine's API.
 */
OrtStatus *direct_create(const OperatorSet *set, const int64_t *numbers, size_t count, const float *floats,
                         size_t float_count, Direct **out);

/* What an input is from now on: `dims` fit the data, which has to stay. */
OrtStatus *direct_feed(Direct *direct, int64_t value, float *data, const int64_t *dims, size_t rank);

/* Where a result is written from now on. */
OrtStatus *direct_offer(Direct *direct, int64_t value, float *data, int64_t elements);

OrtStatus *direct_run(Direct *direct);

void direct_free(Direct *direct);

#endif
