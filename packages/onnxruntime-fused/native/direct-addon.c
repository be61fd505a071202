/* `direct` for Node. */
#include "addon.h"

#include <stdbool.h>
#include <stdlib.h>

#include "direct.h"
#include "kernel.h"

/* What a handle leads to. */
typedef struct {
  Direct *direct; /* NULL once it is released */
} Held;

static void finalize(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  direct_free(((Held *)data)->direct);
  free(data);
}

static Direct *direct_of(napi_env env, napi_value handle) {
  void *data = NULL;
  if (napi_get_value_external(env, handle, &data) != napi_ok) return throw_pending(env), NULL;
  Direct *direct = ((Held *)data)->direct;
  if (!direct) napi_throw_error(env, NULL, "the program was released.");
  return direct;
}

/* The floats of an array. */
static bool read_floats(napi_env env, napi_value array, float **data, size_t *length) {
  napi_typedarray_type type;
  void *address = NULL;
  NAPI(read_array(env, array, &type, &address, length));
  *data = address;
  if (type == napi_float32_array) return true;
  napi_throw_type_error(env, NULL, "expected a Float32Array.");
  return false;
failed:
  throw_pending(env);
  return false;
}

/* createDirect(numbers, floats, instructionSet): a handle. */
static napi_value create(napi_env env, napi_callback_info info) {
  size_t argument_count = 3, count = 0, float_count = 0;
  napi_value arguments[3], handle;
  napi_typedarray_type type;
  void *numbers = NULL;
  float *floats = NULL;
  char instruction_set[16];
  Held *held = NULL;
  NAPI(napi_get_cb_info(env, info, &argument_count, arguments, NULL, NULL));
  NAPI(read_array(env, arguments[0], &type, &numbers, &count));
  if (!read_floats(env, arguments[1], &floats, &float_count)) return NULL;
  NAPI(napi_get_value_string_utf8(env, arguments[2], instruction_set, sizeof instruction_set, NULL));
  const OperatorSet *set = operators_for(instruction_set);
  if (!engine_api() || !set || type != napi_bigint64_array) {
    napi_throw_error(env, NULL, "onnxruntime's library is not open, or there is no such instruction set.");
    return NULL;
  }
  held = calloc(1, sizeof *held);
  if (!held) goto failed;
  ORT(direct_create(set, numbers, count, floats, float_count, &held->direct));
  NAPI(napi_create_external(env, held, finalize, NULL, &handle));
  return handle;
failed:
  if (held) finalize(env, held, NULL);
  return throw_pending(env);
}

/* feedDirect(handle, value, data, dims): what an input is from now on. */
static napi_value feed(napi_env env, napi_callback_info info) {
  size_t count = 4, length = 0;
  napi_value arguments[4], element;
  int64_t value = 0, dims[MOST_DIMS], elements = 1;
  uint32_t rank = 0;
  bool is_shape = true;
  float *data = NULL;
  NAPI(napi_get_cb_info(env, info, &count, arguments, NULL, NULL));
  Direct *direct = direct_of(env, arguments[0]);
  if (!direct || !read_floats(env, arguments[2], &data, &length)) return NULL;
  NAPI(napi_get_value_int64(env, arguments[1], &value));
  NAPI(napi_get_array_length(env, arguments[3], &rank));
  for (uint32_t i = 0; i < rank && i < MOST_DIMS; i++) {
    NAPI(napi_get_element(env, arguments[3], i, &element));
    NAPI(napi_get_value_int64(env, element, &dims[i]));
    is_shape = is_shape && dims[i] >= 0 && !__builtin_mul_overflow(elements, dims[i], &elements);
  }
  if (rank > MOST_DIMS || !is_shape || (size_t)elements != length) {
    napi_throw_range_error(env, NULL, "feedDirect: the dimensions are not those of the data.");
    return NULL;
  }
  ORT(direct_feed(direct, value, data, dims, rank));
  return NULL;
failed:
  return throw_pending(env);
}

/* offerDirect(handle, value, data): where a result is written from now on. */
static napi_value offer(napi_env env, napi_callback_info info) {
  size_t count = 3, length = 0;
  napi_value arguments[3];
  int64_t value = 0;
  float *data = NULL;
  NAPI(napi_get_cb_info(env, info, &count, arguments, NULL, NULL));
  Direct *direct = direct_of(env, arguments[0]);
  if (!direct || !read_floats(env, arguments[2], &data, &length)) return NULL;
  NAPI(napi_get_value_int64(env, arguments[1], &value));
  ORT(direct_offer(direct, value, data, (int64_t)length));
  return NULL;
failed:
  return throw_pending(env);
}

/* runDirect(handle) */
static napi_value run(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value handle;
  NAPI(napi_get_cb_info(env, info, &count, &handle, NULL, NULL));
  Direct *direct = direct_of(env, handle);
  if (direct) throw_status(env, direct_run(direct));
  return NULL;
failed:
  return throw_pending(env);
}

/* releaseDirect(handle): frees the program now, not when its handle is collected. */
static napi_value release(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value handle;
  void *data = NULL;
  NAPI(napi_get_cb_info(env, info, &count, &handle, NULL, NULL));
  NAPI(napi_get_value_external(env, handle, &data));
  direct_free(((Held *)data)->direct);
  ((Held *)data)->direct = NULL;
  return NULL;
failed:
  return throw_pending(env);
}

bool add_direct(napi_env env, napi_value exports) {
  static const struct {
    const char *name;
    napi_callback call;
  } functions[] = {{"createDirect", create},
                   {"feedDirect", feed},
                   {"offerDirect", offer},
                   {"runDirect", run},
                   {"releaseDirect", release}};
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    napi_value function;
    if (napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].call, NULL, &function) != napi_ok ||
        napi_set_named_property(env, exports, functions[i].name, function) != napi_ok)
      return false;
  }
  return true;
}
