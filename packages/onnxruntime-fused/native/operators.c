/* Which of the compiled operators the processor can run. */
#include "operators.h"

#include "fused.h"
#include "processor.h"
#include "product.h"

static const OperatorSet plain = {"plain", {&fused_plain.operator, &product_plain.operator}, &adam_plain};
#ifdef MEOW_X86
static const OperatorSet avx2 = {"avx2", {&fused_avx2.operator, &product_avx2.operator}, &adam_avx2};
static const OperatorSet avx512 = {"avx512", {&fused_avx512.operator, &product_avx512.operator}, &adam_avx512};
#endif

size_t operator_sets(const OperatorSet *sets[MOST_SETS]) {
  size_t count = 0;
#ifdef MEOW_X86
  const Extensions extensions = processor_extensions();
  if (extensions.avx512) sets[count++] = &avx512;
  if (extensions.avx2) sets[count++] = &avx2;
#endif
  sets[count++] = &plain;
  return count;
}
