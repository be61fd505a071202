/* Functions of one number, as plain C that compilers vectorize, and for AVX-512 of 16 numbers where that is faster. */
#ifndef MEOW_ELEMENTARY_H
#define MEOW_ELEMENTARY_H

#include <math.h>
#include <stdint.h>
#if defined(__AVX512F__)
#include <immintrin.h>
#endif

typedef union {
  float value;
  uint32_t bits;
} Word;

/* 2^n for -126 <= n <= 127. */
static inline float power_of_two(int32_t n) {
  const Word word = {.bits = (uint32_t)(n + 127) << 23};
  return word.value;
}

/*
 * e^x = 2^n e^r with |r| <= ln(2)/2, e^r = 1 + r + r^2 p(r). p interpolates (e^r - 1 - r)/r^2 at Chebyshev's nodes, which
 * leaves a relative error of 1e-8, below that of rounding. 2^n is applied in two halves, as n may be 128 or below -126.
 */
static inline float exponential(float x) {
  const float nearest = 12582912.0f; /* 1.5 * 2^23: adding it rounds to a whole number in the lowest bits */
  x = x > 89.0f ? 89.0f : x;         /* infinite from 88.73 */
  x = x < -104.0f ? -104.0f : x;     /* 0 from -103.98 */
  const Word shifted = {.value = x * 1.44269504f + nearest};
  const float whole = shifted.value - nearest;
  /* ln(2) in two parts, the first with few enough bits that whole times it is exact. */
  const float r = (x - whole * 0.693359375f) + whole * 2.12194440e-4f;
  float p = 0.0013926250825f;
  p = p * r + 0.00836323288365f;
  p = p * r + 0.041666554213f;
  p = p * r + 0.166665766661f;
  p = p * r + 0.5f;
  p = p * r * r + r + 1.0f;
  const int32_t n = (int32_t)(shifted.bits - 0x4b400000u);
  const int32_t half = n >> 1;
  return p * power_of_two(half) * power_of_two(n - half);
}

/*
 * ln(x) = e ln(2) + 2 atanh(s) with x = 2^e m, 1/sqrt(2) <= m < sqrt(2) and s = (m - 1)/(m + 1), whose series is cut after
 * s^9: s^2 is at most 0.03.
 */
static inline float logarithm(float x) {
  const Word word = {.value = x < 0x1p-126f ? x * 0x1p23f : x};
  const int32_t e = (int32_t)(word.bits - 0x3f3504f3u) >> 23; /* the bits of 1/sqrt(2) */
  const Word m = {.bits = word.bits - ((uint32_t)e << 23)};
  const float exponent = (float)e - (x < 0x1p-126f ? 23.0f : 0.0f);
  const float s = (m.value - 1.0f) / (m.value + 1.0f);
  const float square = s * s;
  float p = 0.222222222f;
  p = p * square + 0.285714286f;
  p = p * square + 0.4f;
  p = p * square + 0.666666667f;
  p = p * square * s + 2.0f * s;
  const float y = exponent * 0.693359375f + (p - exponent * 2.12194440e-4f);
  const float beyond = x == 0.0f ? -INFINITY : x < 0.0f ? NAN : x; /* infinite and NaN stay */
  return x > 0.0f && x < INFINITY ? y : beyond;
}

/*
 * Up to 0.6 x + x^3 p(x^2), where p interpolates (tanh(x)/x - 1)/x^2 at Chebyshev's nodes to a relative error of 1e-8; from
 * there on 1 - 2/(e^2x + 1).
 */
static inline float hyperbolic_tangent(float x) {
  const float size = fabsf(x), square = x * x;
  float p = -0.00626911971659f;
  p = p * square + 0.021110959047f;
  p = p * square - 0.053873948848f;
  p = p * square + 0.13332915367f;
  p = p * square - 0.333333303327f;
  const float small = x * square * p + x;
  const float large = copysignf(1.0f - 2.0f / (exponential(2.0f * size) + 1.0f), x);
  return size < 0.6f ? small : large;
}

/*
 * Up to 0.5 x + x^3 p(x^2), where p interpolates (atanh(x)/x - 1)/x^2 at Chebyshev's nodes to a relative error of 5e-9; from
 * there on ln((1 + x)/(1 - x))/2.
 */
static inline float inverse_hyperbolic_tangent(float x) {
  const float size = fabsf(x), square = x * x;
  float p = 0.1575178026f;
  p = p * square + 0.06493489568f;
  p = p * square + 0.1146987516f;
  p = p * square + 0.1426397985f;
  p = p * square + 0.2000047331f;
  p = p * square + 0.3333333168f;
  const float small = x * square * p + x;
  const float large = copysignf(0.5f * logarithm((1.0f + size) / (1.0f - size)), x);
  return size < 0.5f ? small : large;
}

#if defined(__AVX512F__)

/* e^x as above, with the instruction that multiplies by 2^n for any n, which the compiler doesn't find by itself. */
static inline __m512 exponential_16(__m512 x) {
  const __m512 nearest = _mm512_set1_ps(12582912.0f);
  /* In this order of operands NaN is kept. */
  x = _mm512_max_ps(_mm512_set1_ps(-104.0f), _mm512_min_ps(_mm512_set1_ps(89.0f), x));
  const __m512 whole = _mm512_sub_ps(_mm512_fmadd_ps(x, _mm512_set1_ps(1.44269504f), nearest), nearest);
  __m512 r = _mm512_fnmadd_ps(whole, _mm512_set1_ps(0.693359375f), x);
  r = _mm512_fmadd_ps(whole, _mm512_set1_ps(2.12194440e-4f), r);
  __m512 p = _mm512_set1_ps(0.0013926250825f);
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.00836323288365f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.041666554213f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.166665766661f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.5f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f));
  return _mm512_scalef_ps(p, whole);
}

/*
 * With t = e^-|x|, 1/(1 + t) or t/(1 + t) by the sign of x. The denominator is at most 2, so the processor's estimate of its
 * reciprocal and one of Newton's steps do, which is faster than its division.
 */
static inline __m512 sigmoid_16(__m512 x) {
  const __m512 one = _mm512_set1_ps(1.0f);
  const __m512 t = exponential_16(_mm512_or_ps(x, _mm512_set1_ps(-0.0f)));
  const __m512 denominator = _mm512_add_ps(t, one);
  const __m512 estimate = _mm512_rcp14_ps(denominator);
  const __m512 inverse = _mm512_fmadd_ps(estimate, _mm512_fnmadd_ps(denominator, estimate, one), estimate);
  return _mm512_mask_mul_ps(inverse, _mm512_movepi32_mask(_mm512_castps_si512(x)), inverse, t);
}

#endif

#endif
