/* Sequences of instructions that have a loop of their own. */
#ifndef MEOW_PATTERNS_H
#define MEOW_PATTERNS_H

#include "blocks.h"

/*
 * Replaces such sequences in code that was checked, and returns how many instructions are left. What they leave in operands that nothing
 * reads any more is not computed.
 *
 * @param first_constant operands from there on are constants
 * @param first_register operands from there on are registers: the others are read by someone else
 */
int64_t join_patterns(Instruction *code, int64_t length, int32_t first_constant, int32_t first_register);

/* How many of an instruction's operands a, b and c it reads. */
int source_count(int32_t op);

#endif
