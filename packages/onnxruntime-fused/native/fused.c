/* The operator `Fused`: reads its program from the node's attributes, places its operands, runs it block by block. */
#include "fused.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "blocks.h"
#include "direct-host.h"
#include "kernel.h"
#include "patterns.h"
#include "platform.h"

/* More than any code that fits a cache. */
#define MOST_OPERANDS 65536

typedef enum { FULL, ROW, COLUMN_KIND, SCALAR, KINDS } Kind;

/*
 * One node. Its scratch belongs to it alone, or to the nodes of a program that runs without the engine: a session of this package is run by
 * one thread at a time, since its handle cannot leave the JavaScript thread that made it, and nodes are executed one after the other.
 */
typedef struct {
  const OrtApi *api;
  RunBlocks *run;
  Blocks blocks;
  int64_t input_count, output_count, constant_count;
  int64_t *input_kinds, *output_kinds;
  int64_t *shapes;        /* each output's rank and dims */
  float *constants;
  float *scratch;         /* block_rows * columns floats for each operand that needs them, or NULL where */
  const Scratch *shared;  /* all nodes have theirs in one place */
  Instruction *code;
  Operand *operands;      /* inputs, outputs, constants, registers */
} Fused;

static void destroy(void *kernel) {
  Fused *fused = kernel;
  if (!fused) return;
  free(fused->input_kinds);
  free(fused->output_kinds);
  free(fused->shapes);
  free(fused->constants);
  free_aligned(fused->scratch);
  free(fused->code);
  free(fused->operands);
  free(fused);
}

static int64_t elements(const Fused *fused, int64_t kind) {
  const int64_t rows = fused->blocks.rows, columns = fused->blocks.columns;
  return kind == FULL ? rows * columns : kind == ROW ? columns : kind == COLUMN_KIND ? rows : 1;
}

static bool is_known(int32_t op) {
  return op >= OP_ADD && op <= OP_SELECT;
}

static bool is_sum(const Fused *fused, int64_t operand) {
  const int64_t output = operand - fused->input_count;
  return output >= 0 && output < fused->output_count && fused->output_kinds[output] != FULL;
}

/* Whether an instruction may read the operand: all but sums and outputs of one entry per row. */
static bool is_readable(const Fused *fused, int64_t operand) {
  return operand >= 0 && operand < fused->blocks.operand_count && !is_sum(fused, operand);
}

static bool is_writable(const Fused *fused, int64_t operand) {
  const int64_t output = operand - fused->input_count;
  const int64_t first_register = fused->input_count + fused->output_count + fused->constant_count;
  return operand < fused->blocks.operand_count &&
         ((output >= 0 && output < fused->output_count && fused->output_kinds[output] == FULL) ||
          operand >= first_register);
}

static bool is_output_of(const Fused *fused, int64_t operand, Kind kind) {
  const int64_t output = operand - fused->input_count;
  return output >= 0 && output < fused->output_count && fused->output_kinds[output] == kind;
}

static OrtStatus *check_instruction(const Fused *fused, int64_t index) {
  const Instruction step = fused->code[index];
  if (!is_known(step.op)) return failure(fused->api, "Fused: instruction %d has the unknown op %d.", (int)index, step.op);
  const bool is_over_rows = step.op == OP_SUM_ROWS || step.op == OP_MUL_SUM_ROWS;
  const bool target_fits = is_over_rows          ? is_output_of(fused, step.target, ROW)
                           : step.op == OP_FIRST ? is_output_of(fused, step.target, COLUMN_KIND)
                                                 : is_writable(fused, step.target);
  const int32_t sources[] = {step.a, step.b, step.c};
  if (!target_fits)
    return failure(fused->api, "Fused: instruction %d (op %d) cannot write operand %d.", (int)index, step.op,
                   step.target);
  for (int i = 0; i < source_count(step.op); i++)
    if (!is_readable(fused, sources[i]))
      return failure(fused->api, "Fused: instruction %d (op %d) cannot read operand %d.", (int)index, step.op,
                     sources[i]);
  if (step.op == OP_STANDARDIZE && step.c >= 0 && !is_writable(fused, step.c))
    return failure(fused->api, "Fused: instruction %d (op %d) cannot write operand %d.", (int)index, step.op, step.c);
  return NULL;
}

/* Registers and outputs begin as whatever was in memory, so all that is read or given must have been written. */
static OrtStatus *check_order(const Fused *fused) {
  const int64_t first_register = fused->input_count + fused->output_count + fused->constant_count;
  bool *written = calloc((size_t)fused->blocks.operand_count + 1, sizeof *written);
  OrtStatus *status = written ? NULL : failure(fused->api, "Fused: no memory for its code.");
  for (int64_t i = 0; !status && i < first_register; i++)
    written[i] = i < fused->input_count || i >= fused->input_count + fused->output_count;
  for (int64_t i = 0; !status && i < fused->blocks.code_length; i++) {
    const Instruction step = fused->code[i];
    const int32_t sources[] = {step.a, step.b, step.c};
    for (int j = 0; !status && j < source_count(step.op); j++)
      if (!written[sources[j]])
        status = failure(fused->api, "Fused: instruction %d (op %d) reads operand %d before it is written.", (int)i,
                         step.op, sources[j]);
    written[step.target] = true;
    if (step.op == OP_STANDARDIZE && step.c >= 0) written[step.c] = true;
  }
  for (int64_t i = 0; !status && i < fused->output_count; i++)
    if (!written[fused->input_count + i]) status = failure(fused->api, "Fused: nothing writes output %d.", (int)i);
  free(written);
  return status;
}

/* Reads the instructions and counts the operands. */
static OrtStatus *read_code(Fused *fused, const OrtKernelInfo *info) {
  int64_t *numbers = NULL, count = 0;
  OrtStatus *status = read_ints(fused->api, info, "Fused", "code", &numbers, &count);
  if (!status && (count == 0 || count % 5 != 0))
    status = failure(fused->api, "Fused: code has %d numbers, expected five per instruction.", (int)count);
  if (status) {
    free(numbers);
    return status;
  }
  const int64_t length = count / 5;
  fused->code = calloc((size_t)length + 1, sizeof *fused->code);
  if (!fused->code) {
    free(numbers);
    return failure(fused->api, "Fused: no memory for %d instructions.", (int)length);
  }
  int64_t highest = fused->input_count + fused->output_count + fused->constant_count - 1;
  for (int64_t i = 0; i < length; i++) {
    const int64_t *n = numbers + 5 * i;
    for (int j = 0; j < 5; j++)
      if (n[j] < -1 || n[j] >= MOST_OPERANDS) {
        status = failure(fused->api, "Fused: instruction %d has the number %lld, expected -1 to %d.", (int)i,
                         (long long)n[j], MOST_OPERANDS - 1);
        free(numbers);
        return status;
      }
    for (int j = 1; j < 5; j++)
      if (n[j] > highest) highest = n[j];
    fused->code[i] =
        (Instruction){(int32_t)n[0], (int32_t)n[1], (int32_t)n[2], (int32_t)n[3], (int32_t)n[4]};
  }
  free(numbers);
  fused->blocks.code = fused->code;
  fused->blocks.code_length = length;
  fused->blocks.operand_count = highest + 1;
  for (int64_t i = 0; i < length && !status; i++) status = check_instruction(fused, i);
  if (!status) status = check_order(fused);
  const int64_t first_constant = fused->input_count + fused->output_count;
  const int64_t first_register = first_constant + fused->constant_count;
  if (!status)
    fused->blocks.code_length = join_patterns(fused->code, length, (int32_t)first_constant, (int32_t)first_register);
  return status;
}

/* Blocks of about the same size. */
static int64_t choose_block_rows(int64_t rows, int64_t columns) {
  int64_t most = BLOCK_FLOATS / columns;
  if (most < 1) most = 1;
  const int64_t blocks = (rows + most - 1) / most;
  return (rows + blocks - 1) / blocks;
}

static void fill(float *target, float value, int64_t count) {
  for (int64_t i = 0; i < count; i++) target[i] = value;
}

/* From one operand's scratch to the next: a block, up to whole cache lines. */
static int64_t scratch_floats(const Blocks *blocks) { return (blocks->block_rows * blocks->columns + 15) / 16 * 16; }

/* Gives operands that are not addressed in tensors their place, and expands constants. */
static void place_operands(Fused *fused, float *scratch) {
  const Blocks *blocks = &fused->blocks;
  const int64_t floats = scratch_floats(blocks), first_constant = fused->input_count + fused->output_count;
  for (int64_t i = 0; i < blocks->operand_count; i++) fused->operands[i].at = scratch + i * floats;
  for (int64_t i = 0; i < fused->constant_count; i++)
    fill(fused->operands[first_constant + i].at, fused->constants[i], floats);
}

/* Makes room for operands. */
static OrtStatus *make_room(Fused *fused) {
  Blocks *blocks = &fused->blocks;
  blocks->block_rows = choose_block_rows(blocks->rows, blocks->columns);
  const int64_t floats = blocks->operand_count * scratch_floats(blocks);
  fused->operands = calloc((size_t)blocks->operand_count + 1, sizeof *fused->operands);
  fused->shared = reserve_scratch(fused->api, floats);
  if (!fused->shared) fused->scratch = allocate_aligned((size_t)floats * sizeof(float));
  if (!fused->operands || (!fused->shared && !fused->scratch))
    return failure(fused->api, "Fused: no memory for %d operands, %lld floats.", (int)blocks->operand_count,
                   (long long)floats);
  blocks->operands = fused->operands;
  if (fused->scratch) place_operands(fused, fused->scratch);
  return NULL;
}

static OrtStatus *check_kinds(const Fused *fused, const char *what, const int64_t *kinds, int64_t count, int64_t end) {
  for (int64_t i = 0; i < count; i++)
    if (kinds[i] < 0 || kinds[i] >= end)
      return failure(fused->api, "Fused: %s %d has the unknown kind %d.", what, (int)i, (int)kinds[i]);
  return NULL;
}

static OrtStatus *check_shapes(const Fused *fused, int64_t length) {
  const int64_t *shape = fused->shapes, *end = fused->shapes + length;
  for (int64_t i = 0; i < fused->output_count; i++) {
    if (shape >= end || *shape < 0 || *shape > end - shape - 1)
      return failure(fused->api, "Fused: output_shapes ends before output %d.", (int)i);
    int64_t product = 1;
    for (int64_t j = 1; j <= *shape; j++)
      if (shape[j] < 0 || __builtin_mul_overflow(product, shape[j], &product))
        return failure(fused->api, "Fused: output %d has an axis of %lld entries.", (int)i, (long long)shape[j]);
    const int64_t expected = elements(fused, fused->output_kinds[i]);
    if (product != expected)
      return failure(fused->api, "Fused: output %d has a shape of %lld elements, expected %lld.", (int)i,
                     (long long)product, (long long)expected);
    shape += *shape + 1;
  }
  if (shape != end) return failure(fused->api, "Fused: output_shapes goes on after the last output.");
  return NULL;
}

static OrtStatus *read_size(Fused *fused, const OrtKernelInfo *info) {
  int64_t *size = NULL, count = 0;
  OrtStatus *status = read_ints(fused->api, info, "Fused", "size", &size, &count);
  if (!status && (count != 2 || size[0] < 1 || size[1] < 1 || size[0] > (INT64_C(1) << 40) / size[1]))
    status = failure(fused->api, "Fused: size must be rows and columns, both at least 1.");
  if (!status) {
    fused->blocks.rows = size[0];
    fused->blocks.columns = size[1];
  }
  free(size);
  return status;
}

static OrtStatus *read_attributes(Fused *fused, const OrtKernelInfo *info) {
  const OrtApi *api = fused->api;
  int64_t shapes_length = 0;
  size_t constant_count = 0;
  OrtStatus *status;
  if ((status = read_size(fused, info))) return status;
  if ((status = read_ints(api, info, "Fused", "inputs", &fused->input_kinds, &fused->input_count))) return status;
  if ((status = check_kinds(fused, "input", fused->input_kinds, fused->input_count, KINDS))) return status;
  if ((status = read_ints(api, info, "Fused", "outputs", &fused->output_kinds, &fused->output_count))) return status;
  if ((status = check_kinds(fused, "output", fused->output_kinds, fused->output_count, SCALAR))) return status;
  if ((status = read_ints(api, info, "Fused", "output_shapes", &fused->shapes, &shapes_length))) return status;
  if ((status = check_shapes(fused, shapes_length))) return status;
  if ((status = api->KernelInfoGetAttributeArray_float(info, "constants", NULL, &constant_count)))
    return unreadable(api, "Fused", "constants", status);
  fused->constants = calloc(constant_count + 1, sizeof *fused->constants);
  if (!fused->constants) return failure(api, "Fused: no memory for %d constants.", (int)constant_count);
  fused->constant_count = (int64_t)constant_count;
  if (constant_count)
    status = api->KernelInfoGetAttributeArray_float(info, "constants", fused->constants, &constant_count);
  if (!status) status = read_code(fused, info);
  return status ? status : make_room(fused);
}

static OrtStatus *create(const OrtCustomOp *op, const OrtApi *api, const OrtKernelInfo *info, void **kernel) {
  Fused *fused = calloc(1, sizeof *fused);
  if (!fused) return failure(api, "Fused: no memory.");
  fused->api = api;
  fused->run = ((const FusedOperator *)op)->run;
  OrtStatus *status = read_attributes(fused, info);
  if (status) {
    destroy(fused);
    fused = NULL;
  }
  *kernel = fused;
  return status;
}

static OrtStatus *place_input(Fused *fused, const OrtKernelContext *context, int64_t index) {
  static const char *const names[] = {"full", "row", "column", "scalar"};
  const Blocks *blocks = &fused->blocks;
  const int64_t columns = blocks->columns, kind = fused->input_kinds[index];
  const int64_t expected = elements(fused, kind);
  Operand *operand = &fused->operands[index];
  float *data = NULL;
  int64_t dims[MOST_DIMS], count = 1;
  size_t rank = 0;
  OrtStatus *status = read_input(fused->api, context, "Fused", index, &data, dims, &rank);
  if (status) return status;
  for (size_t i = 0; i < rank; i++) count *= dims[i];
  const int64_t period = count / columns;
  const bool may_repeat = kind == FULL && blocks->rows > 1;
  const bool repeats = may_repeat && count > 0 && count % columns == 0 && blocks->rows % period == 0;
  if (count != expected && !repeats)
    return failure(fused->api, "Fused: input %d (%s) has %lld elements, expected %lld%s.", (int)index, names[kind],
                   (long long)count, (long long)expected, may_repeat ? " or whole rows that divide them" : "");
  const bool is_row = kind == ROW || (kind == FULL && period == 1);
  float *const block = (fused->shared ? fused->shared->memory : fused->scratch) + index * scratch_floats(blocks);
  operand->placing = FIXED;
  operand->at = block;
  operand->base = data;
  if (kind == SCALAR || (is_row && columns == 1)) {
    fill(block, data[0], blocks->block_rows * columns);
  } else if (is_row) {
    for (int64_t row = 0; row < blocks->block_rows; row++)
      memcpy(block + row * columns, data, (size_t)columns * sizeof *data);
  } else if (kind == COLUMN_KIND && columns > 1) {
    operand->placing = COLUMN;
  } else {
    operand->placing = MOVING;
    operand->period = period;
  }
  return NULL;
}

static OrtStatus *place_output(Fused *fused, OrtKernelContext *context, int64_t index, const int64_t *shape) {
  Operand *operand = &fused->operands[fused->input_count + index];
  OrtValue *value = NULL;
  float *data = NULL;
  OrtStatus *status =
      fused->api->KernelContext_GetOutput(context, (size_t)index, shape + 1, (size_t)shape[0], &value);
  if (status) return status;
  if (!value) return failure(fused->api, "Fused: output %d is missing.", (int)index);
  if ((status = fused->api->GetTensorMutableData(value, (void **)&data))) return status;
  const int64_t kind = fused->output_kinds[index];
  operand->base = operand->at = data;
  operand->placing = kind == FULL ? MOVING : kind == ROW ? FIXED : FIRSTS;
  operand->period = fused->blocks.rows;
  if (kind == ROW) memset(data, 0, (size_t)fused->blocks.columns * sizeof *data);
  return NULL;
}

static OrtStatus *compute(void *kernel, OrtKernelContext *context) {
  Fused *fused = kernel;
  size_t inputs = 0, outputs = 0;
  OrtStatus *status;
  if ((status = fused->api->KernelContext_GetInputCount(context, &inputs))) return status;
  if ((status = fused->api->KernelContext_GetOutputCount(context, &outputs))) return status;
  if ((int64_t)inputs != fused->input_count || (int64_t)outputs != fused->output_count)
    return failure(fused->api, "Fused: the node has %d inputs and %d outputs, its attributes describe %d and %d.",
                   (int)inputs, (int)outputs, (int)fused->input_count, (int)fused->output_count);
  if (fused->shared) place_operands(fused, fused->shared->memory);
  for (int64_t i = 0; i < fused->input_count; i++)
    if ((status = place_input(fused, context, i))) return status;
  const int64_t *shape = fused->shapes;
  for (int64_t i = 0; i < fused->output_count; i++) {
    if ((status = place_output(fused, context, i, shape))) return status;
    shape += *shape + 1;
  }
  fused->run(&fused->blocks);
  return NULL;
}

static const char *name(const OrtCustomOp *op) { return (void)op, "Fused"; }

#define FUSED(loops)                                                                                                 \
  {                                                                                                                  \
    .operator = {OPERATOR_CALLS, .GetName = name, .CreateKernelV2 = create, .KernelComputeV2 = compute,              \
                 .KernelDestroy = destroy},                                                                          \
    .run = loops,                                                                                                    \
  }

const FusedOperator fused_plain = FUSED(run_blocks_plain);
#ifdef MEOW_X86
const FusedOperator fused_avx2 = FUSED(run_blocks_avx2);
const FusedOperator fused_avx512 = FUSED(run_blocks_avx512);
#endif
