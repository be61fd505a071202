/* Finds Swish, its gradient and that of layer normalization among instructions, which graph writes operator by operator. */
#include "patterns.h"

#include <stdbool.h>
#include <string.h>

int source_count(int32_t op) {
  if ((op >= OP_MUL_ADD && op <= OP_SUB_MUL) || op == OP_MUL_MUL || op == OP_SELECT) return 3;
  return op <= OP_MAX || op == OP_IS_GREATER || op == OP_STANDARDIZE || op >= OP_MUL_ADD ? 2 : 1;
}

static bool reads(const Instruction *step, int32_t operand) {
  const int32_t sources[] = {step->a, step->b, step->c};
  for (int i = 0; i < source_count(step->op); i++)
    if (sources[i] == operand) return true;
  return false;
}

/* Whether it is a product of these two, in any order. */
static bool is_product(const Instruction *step, int32_t op, int32_t x, int32_t y) {
  return step->op == op && ((step->a == x && step->b == y) || (step->a == y && step->b == x));
}

/* The factor beside `x` of a product; -1 where it is none. */
static int32_t other_factor(const Instruction *step, int32_t op, int32_t x) {
  if (step->op != op || step->a == step->b) return -1;
  return step->a == x ? step->b : step->b == x ? step->a : -1;
}

static bool is_among(int32_t operand, const int32_t *others, int count) {
  for (int i = 0; i < count; i++)
    if (others[i] == operand) return true;
  return false;
}

/* Code, and where a sequence is looked for. */
typedef struct {
  const Instruction *code;
  int64_t length;
  int32_t first_constant, first_register;
} Listing;

/* Whether what a sequence of so many instructions writes is read by no other one, but for what lies in `kept` at its end. */
static bool leaves_only(const Listing *listing, int64_t at, int count, const int32_t *kept, int kept_count) {
  for (int i = 0; i < count; i++) {
    const int32_t written = listing->code[at + i].target;
    if (is_among(written, kept, kept_count)) continue;
    if (written < listing->first_register) return false;
    for (int64_t j = at + count; j < listing->length; j++) {
      const Instruction *step = &listing->code[j];
      if (reads(step, written)) return false;
      if (step->target == written || (step->op == OP_STANDARDIZE && step->c == written)) break;
    }
  }
  return true;
}

/* Whether none of some instructions writes one of these operands, which are read as they were before. */
static bool leaves_alone(const Instruction *code, int count, const int32_t *operands, int operand_count) {
  for (int i = 0; i < count; i++)
    if (is_among(code[i].target, operands, operand_count)) return false;
  return true;
}

/* y = s x or (s mask) x with s = sigmoid(x b). Returns how many instructions that are, or 0. */
static int find_swish(const Listing *listing, int64_t at, Instruction found[1]) {
  const Instruction *step = listing->code + at, *output = step + 1;
  if (listing->length - at < 2 || step->op != OP_MUL_SIGMOID) return 0;
  const int32_t x = step->a, b = step->b, s = step->target, kept[] = {output->target};
  const bool is_masked = output->op == OP_MUL_MUL && output->c == x && (output->a == s) != (output->b == s);
  const int32_t mask = is_masked ? (output->a == s ? output->b : output->a) : -1;
  if ((!is_masked && !is_product(output, OP_MUL, x, s)) || x == s || mask == s || !leaves_only(listing, at, 2, kept, 1)) return 0;
  found[0] = (Instruction){OP_SWISH, output->target, x, b, mask};
  return 2;
}

/*
 * With s = sigmoid(x b), g = s or s mask, o = x g, w = o - o s: dw = dy w and dx = dw b + dy g. Returns how many instructions that are,
 * or 0.
 */
static int find_swish_gradient(const Listing *listing, int64_t at, Instruction found[2]) {
  const Instruction *step = listing->code + at;
  if (listing->length - at < 6 || step->op != OP_MUL_SIGMOID) return 0;
  const int32_t x = step->a, b = step->b, s = step->target;
  const bool is_product_with_x = is_product(step + 1, OP_MUL, x, s);
  const int32_t mask = is_product_with_x ? -1 : other_factor(step + 1, OP_MUL, s);
  const bool is_masked = mask >= 0;
  const int count = is_masked ? 7 : 6;
  if ((!is_product_with_x && !is_masked) || listing->length - at < count) return 0;
  const int32_t g = step[is_masked].target;
  const Instruction *output = step + 1 + is_masked, *slope = output + 1, *dw = output + 2, *dg = output + 3, *dx = output + 4;
  const int32_t o = output->target, w = slope->target;
  const int32_t dy = other_factor(dw, OP_MUL, w);
  const bool is_found = is_product(output, OP_MUL, x, g) && slope->c == o && is_product(slope, OP_SUB_MUL, o, s) && dy >= 0 &&
                        is_product(dg, OP_MUL, dy, g) && dx->c == dg->target && is_product(dx, OP_MUL_ADD, dw->target, b);
  const int32_t given[] = {x, b, dy, mask}, kept[] = {dw->target, dx->target};
  /* No value is overwritten by another one of the sequence before it is used. */
  const bool is_apart = (!is_masked || g != s) && o != s && o != g && w != g && dw->target != g &&
                        dg->target != dw->target && dx->target != dw->target;
  if (!is_found || !is_apart || !leaves_alone(step, count - 1, given, 4) || is_among(dx->target, given, 4) ||
      !leaves_only(listing, at, count, kept, 2))
    return 0;
  found[0] = (Instruction){OP_SWISH_GRADIENT, dx->target, x, b, dw->target};
  found[1] = (Instruction){OP_OPERANDS, dx->target, dy, mask, -1};
  return count;
}

/*
 * With t = dy hat, whose sum over rows is wanted too: dx = r (dy gain - k sum(dy q) - hat k sum(t q)), sums over each row, k a constant.
 * Returns how many instructions that are, or 0.
 */
static int find_layer(const Listing *listing, int64_t at, Instruction found[3]) {
  enum { GAINED, SHARE, SUM, MEAN, CENTERED, PROJECTION, PROJECTED, LEFT, SCALED, COUNT };
  const Instruction *step = listing->code + at;
  if (listing->length - at < COUNT || step[SUM].op != OP_SUM_ROWS || step[MEAN].op != OP_MUL_ROW_SUM) return 0;
  const int32_t t = step[SHARE].target, dy = step[MEAN].a, q = step[MEAN].b, k = step[CENTERED].b;
  const int32_t gain = other_factor(step + GAINED, OP_MUL, dy), hat = other_factor(step + SHARE, OP_MUL, dy);
  const int32_t r = other_factor(step + SCALED, OP_MUL, step[LEFT].target);
  /* The loop reads it once a row. */
  const bool is_constant = k >= listing->first_constant && k < listing->first_register;
  const bool is_found =
      is_constant && gain >= 0 && hat >= 0 && r >= 0 && step[SUM].a == t && step[CENTERED].op == OP_SUB_MUL &&
      step[CENTERED].a == step[MEAN].target && step[CENTERED].c == step[GAINED].target &&
      is_product(step + PROJECTION, OP_MUL_ROW_SUM, t, q) && is_product(step + PROJECTED, OP_MUL, step[PROJECTION].target, k) &&
      is_product(step + LEFT, OP_SUB_MUL, hat, step[PROJECTED].target) && step[LEFT].c == step[CENTERED].target;
  const int32_t given[] = {gain, hat, q, k, r}, kept[] = {step[SUM].target, step[SCALED].target};
  const int32_t gained = step[GAINED].target, centered = step[CENTERED].target;
  const bool is_apart = t != dy && gained != dy && t != gained && step[MEAN].target != t && step[MEAN].target != gained &&
                        centered != t && step[PROJECTION].target != centered && step[PROJECTED].target != centered;
  if (!is_found || !is_apart || !leaves_alone(step, COUNT - 1, given, 5) || is_among(step[SCALED].target, given, 5) ||
      step[SCALED].target == dy || !leaves_only(listing, at, COUNT, kept, 2))
    return 0;
  found[0] = (Instruction){OP_MUL_SUM_ROWS, step[SUM].target, dy, hat, -1};
  found[1] = (Instruction){OP_LAYER_GRADIENT, step[SCALED].target, dy, gain, hat};
  found[2] = (Instruction){OP_OPERANDS, step[SCALED].target, q, k, r};
  return COUNT;
}

int64_t join_patterns(Instruction *code, int64_t length, int32_t first_constant, int32_t first_register) {
  int64_t kept = 0;
  for (int64_t at = 0; at < length;) {
    const Listing listing = {code, length, first_constant, first_register};
    Instruction found[3];
    int taken = find_swish_gradient(&listing, at, found), made = 2;
    if (!taken) taken = find_layer(&listing, at, found), made = 3;
    if (!taken) taken = find_swish(&listing, at, found), made = 1;
    if (!taken) found[0] = code[at], taken = 1, made = 1;
    /* Never more than were taken, so what is still to be read stays. */
    memcpy(code + kept, found, (size_t)made * sizeof *code);
    kept += made;
    at += taken;
  }
  return kept;
}
