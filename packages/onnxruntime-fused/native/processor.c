/* Compilers' own test is not in the libraries that they link on every platform. */
#include "processor.h"

#ifdef MEOW_X86

#include <cpuid.h>
#include <stdint.h>

/* Bits of leaf 1's ecx, leaf 7's ebx, and the register that says what the operating system saves. Intel, Software Developer's Manual, volume 2, CPUID. */
enum { FMA = 12, OSXSAVE = 27, AVX = 28 };
enum { AVX2 = 5, AVX512F = 16, AVX512DQ = 17, AVX512BW = 30, AVX512VL = 31 };
enum { SAVED_SSE = 1, SAVED_AVX = 2, SAVED_MASKS = 5, SAVED_UPPER_HALVES = 6, SAVED_UPPER_REGISTERS = 7 };

static bool has(uint64_t bits, int bit) { return bits >> bit & 1; }

static uint64_t saved_registers(void) {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t)high << 32 | low;
}

Extensions processor_extensions(void) {
  unsigned a, ebx, ecx, d, unused;
  Extensions none = {false, false};
  if (!__get_cpuid(1, &a, &ebx, &ecx, &d) || !has(ecx, OSXSAVE) || !has(ecx, AVX) || !has(ecx, FMA)) return none;
  const uint64_t saved = saved_registers();
  if (!has(saved, SAVED_SSE) || !has(saved, SAVED_AVX) || !__get_cpuid_count(7, 0, &a, &ebx, &unused, &d)) return none;
  const bool saves_512 = has(saved, SAVED_MASKS) && has(saved, SAVED_UPPER_HALVES) && has(saved, SAVED_UPPER_REGISTERS);
  return (Extensions){
      .avx2 = has(ebx, AVX2),
      .avx512 = saves_512 && has(ebx, AVX512F) && has(ebx, AVX512DQ) && has(ebx, AVX512BW) && has(ebx, AVX512VL),
  };
}

#else

typedef int NothingToAsk; /* ISO C wants something in a file */

#endif
