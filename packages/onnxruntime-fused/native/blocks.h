/* The loops of the fused operator, compiled once per instruction set, and what they are called with. */
#ifndef MEOW_BLOCKS_H
#define MEOW_BLOCKS_H

#include <stdint.h>

/* So many floats in a block: two dozen operands fit 48 KiB, and the dispatch is forgotten. */
#define BLOCK_FLOATS 512

enum {
  OP_ADD = 0,
  OP_SUB = 1,
  OP_MUL = 2,
  OP_DIV = 3,
  OP_MIN = 4,
  OP_MAX = 5,
  OP_NEG = 6,
  OP_EXP = 7,
  OP_LOG = 8,
  OP_SQRT = 9,
  OP_ABS = 10,
  OP_SIGMOID = 11,
  OP_IS_GREATER = 12,
  OP_RECIPROCAL = 13,
  OP_TANH = 14,
  OP_ATANH = 15,
  OP_ROW_SUM = 16,
  OP_STANDARDIZE = 17,
  OP_SUM_ROWS = 18,
  OP_FIRST = 19,
  OP_MUL_ADD = 20,
  OP_MUL_SUB = 21,
  OP_SUB_MUL = 22,
  OP_MUL_ROW_SUM = 23,
  OP_MUL_SUM_ROWS = 24,
  OP_MUL_MUL = 25,
  OP_MUL_SIGMOID = 26,
  OP_IS_EQUAL = 27,
  OP_SELECT = 28,
  /* What `patterns.c` makes of several, and code does not have. */
  OP_SWISH = 100,
  OP_SWISH_GRADIENT,
  OP_LAYER_GRADIENT,
  OP_OPERANDS, /* does nothing; has more operands of the one before it */
};

typedef struct {
  int32_t op, target, a, b, c;
} Instruction;

/* Where the values of an operand lie. */
typedef enum {
  FIXED,  /* at the same place for every block: registers, what was expanded before the first block, sums */
  MOVING, /* in a tensor of `period` rows, which are repeated */
  COLUMN, /* one per row in `base`; expanded into `at` block by block */
  FIRSTS, /* an output of one entry per row, written by OP_FIRST */
} Placing;

typedef struct {
  Placing placing;
  float *at;   /* the current block */
  float *base; /* the tensor that is read or written, unless FIXED */
  int64_t period;
} Operand;

typedef struct {
  const Instruction *code;
  int64_t code_length;
  Operand *operands;
  int64_t operand_count;
  int64_t rows, columns;
  int64_t block_rows; /* at most so many rows at a time */
} Blocks;

typedef void RunBlocks(const Blocks *blocks);

RunBlocks run_blocks_plain;
#ifdef MEOW_X86
RunBlocks run_blocks_avx2;
RunBlocks run_blocks_avx512;
#endif

#endif
