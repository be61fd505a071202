/* Which of the compiled operators the processor can run. */
#include "operators.h"

#include "fused.h"
#include "product.h"

static const OperatorSet plain = {"plain", {&fused_plain.operator, &product_plain.operator}};
#ifdef MEOW_X86
static const OperatorSet avx2 = {"avx2", {&fused_avx2.operator, &product_avx2.operator}};
static const OperatorSet avx512 = {"avx512", {&fused_avx512.operator, &product_avx512.operator}};
#endif

size_t operator_sets(const OperatorSet *sets[MOST_SETS]) {
  size_t count = 0;
#ifdef MEOW_X86
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma"))
    sets[count++] = &avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) sets[count++] = &avx2;
#endif
  sets[count++] = &plain;
  return count;
}
