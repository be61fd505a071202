/* `adam` for Node. */
#include "addon.h"

#include <string.h>

#include "adam.h"

/* The loops for an instruction set that is named; NULL after an exception. */
static const AdamLoops *loops_of(napi_env env, napi_value name) {
  char instruction_set[16];
  if (napi_get_value_string_utf8(env, name, instruction_set, sizeof instruction_set, NULL) != napi_ok)
    return throw_pending(env), NULL;
  const OperatorSet *set = operators_for(instruction_set);
  if (!set) napi_throw_error(env, NULL, "onnxruntime's library is not open, or there is no such instruction set.");
  return set ? set->adam : NULL;
}

/* The floats of an array, as many as those before it where there are some. */
static bool read_vector(napi_env env, napi_value array, float **data, int64_t *length) {
  napi_typedarray_type type;
  size_t count = 0;
  void *address = NULL;
  if (read_array(env, array, &type, &address, &count) != napi_ok) return throw_pending(env), false;
  if (type != napi_float32_array || (*length >= 0 && (size_t)*length != count)) {
    napi_throw_type_error(env, NULL, "expected a Float32Array, as long as those before it.");
    return false;
  }
  *data = address;
  *length = (int64_t)count;
  return true;
}

/* takeAdam(gradient, mean, square, parameters, target or null, numbers, instructionSet): the two sums. */
static napi_value take(napi_env env, napi_callback_info info) {
  size_t count = 7;
  napi_value arguments[7], sums, sum;
  napi_valuetype target_type;
  float *vectors[5] = {NULL}, *given = NULL;
  int64_t length = -1, number_count = sizeof(AdamNumbers) / sizeof(float);
  AdamNumbers numbers;
  NAPI(napi_get_cb_info(env, info, &count, arguments, NULL, NULL));
  NAPI(napi_typeof(env, arguments[4], &target_type));
  for (int i = 0; i < (target_type == napi_null ? 4 : 5); i++)
    if (!read_vector(env, arguments[i], &vectors[i], &length)) return NULL;
  if (!read_vector(env, arguments[5], &given, &number_count)) return NULL;
  memcpy(&numbers, given, sizeof numbers);
  const AdamLoops *loops = loops_of(env, arguments[6]);
  if (!loops) return NULL;
  const AdamVectors adam = {vectors[0], vectors[1], vectors[2], vectors[3], vectors[4], length};
  const SquareSums made = loops->step(&adam, &numbers);
  NAPI(napi_create_array_with_length(env, 2, &sums));
  NAPI(napi_create_double(env, made.gradient, &sum));
  NAPI(napi_set_element(env, sums, 0, sum));
  NAPI(napi_create_double(env, made.parameters, &sum));
  NAPI(napi_set_element(env, sums, 1, sum));
  return sums;
failed:
  return throw_pending(env);
}

/* sumOfSquares(vector, instructionSet) */
static napi_value sum_of_squares(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value arguments[2], sum;
  float *vector = NULL;
  int64_t length = -1;
  NAPI(napi_get_cb_info(env, info, &count, arguments, NULL, NULL));
  if (!read_vector(env, arguments[0], &vector, &length)) return NULL;
  const AdamLoops *loops = loops_of(env, arguments[1]);
  if (!loops) return NULL;
  NAPI(napi_create_double(env, loops->squares(vector, length), &sum));
  return sum;
failed:
  return throw_pending(env);
}

bool add_adam(napi_env env, napi_value exports) {
  napi_value function;
  return napi_create_function(env, "takeAdam", NAPI_AUTO_LENGTH, take, NULL, &function) == napi_ok &&
         napi_set_named_property(env, exports, "takeAdam", function) == napi_ok &&
         napi_create_function(env, "sumOfSquares", NAPI_AUTO_LENGTH, sum_of_squares, NULL, &function) == napi_ok &&
         napi_set_named_property(env, exports, "sumOfSquares", function) == napi_ok;
}
