/* What the parts of the addon that speak to Node have in common. */
#ifndef MEOW_ADDON_H
#define MEOW_ADDON_H

#define NAPI_VERSION 8
#include <node_api.h>
#include <stdbool.h>

#include "operators.h"
#include "ort.h"

/* A call of Node's API; on failure goes on at `failed`, where throw_pending makes an exception of it. */
#define NAPI(call)                                                                                                   \
  do {                                                                                                               \
    if ((call) != napi_ok) goto failed;                                                                              \
  } while (0)

/* A call that gives a status of the engine's; on failure throws its message and goes on at `failed`. */
#define ORT(call)                                                                                                    \
  do {                                                                                                               \
    if (throw_status(env, (call))) goto failed;                                                                      \
  } while (0)

/* The operators for an instruction set, or for the fastest one where none is named; NULL where the processor has it not. */
const OperatorSet *operators_for(const char *instruction_set);

bool throw_status(napi_env env, OrtStatus *status);

/* After a failed call of Node's API: its message, unless an exception is on its way already. */
napi_value throw_pending(napi_env env);

/* The data of a typed array, wherever it lies; onnxruntime wants an address even for no elements. */
napi_status read_array(napi_env env, napi_value value, napi_typedarray_type *type, void **data, size_t *length);

/* The functions for programs that run without the engine, see direct.h. */
bool add_direct(napi_env env, napi_value exports);

/* Those for optimizers' steps, see adam.h. */
bool add_adam(napi_env env, napi_value exports);

#endif
