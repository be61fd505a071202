/*
 * onnxruntime's C API for Node: sessions that know the operators of `meow`, run on typed arrays in place. Nothing here is
 * per JavaScript context but the sessions, so any number of worker threads can load it.
 */
#include "addon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "operators.h"
#include "ort.h"
#include "platform.h"

/* The engine: one per process, opened once and never closed, since sessions of any thread need it until the end. */
static struct {
  const OrtApi *api;
  char version[32];
  OrtEnv *env;
  const OperatorSet *sets[MOST_SETS];
  OrtCustomOpDomain *domains[MOST_SETS]; /* of each set */
  size_t set_count;
  OrtMemoryInfo *memory;
  OrtAllocator *allocator;
} engine;

/* Values are tensors on JavaScript's memory, which keeps it as long as they are here. */
typedef struct {
  OrtSession *session;
  size_t input_count, output_count;
  char **names; /* of inputs, then outputs */
  OrtElementType *types;
  OrtValue **fed; /* of each input */
  size_t asked_count;
  uint32_t *asked;         /* the outputs that runs give */
  const char **asked_names;
  OrtValue **offered; /* for each of these, or NULL where the engine makes room */
  OrtValue **results;
} Session;

const OrtApi *engine_api(void) { return engine.api; }

bool throw_status(napi_env env, OrtStatus *status) {
  if (!status) return false;
  napi_throw_error(env, NULL, engine.api->GetErrorMessage(status));
  engine.api->ReleaseStatus(status);
  return true;
}

napi_value throw_pending(napi_env env) {
  bool pending = false;
  const napi_extended_error_info *info = NULL;
  napi_get_last_error_info(env, &info);
  const char *message = info && info->error_message ? info->error_message : "unknown failure";
  napi_is_exception_pending(env, &pending);
  if (!pending) napi_throw_error(env, NULL, message);
  return NULL;
}

/* Opens the library and makes what all sessions share. The message of a failure goes into `message`. */
static bool open_engine(const char *path, char *message, size_t size) {
  if (engine.api) return true;
  char reason[4200];
  void *library = open_shared(path, reason, sizeof reason);
  if (!library) return snprintf(message, size, "cannot open onnxruntime's library: %s", reason), false;
  const OrtApiBase *(*base)(void) = (const OrtApiBase *(*)(void))function_of(library, "OrtGetApiBase");
  if (!base) return snprintf(message, size, "%s has no OrtGetApiBase: it is not onnxruntime.", path), false;
  snprintf(engine.version, sizeof engine.version, "%s", base()->GetVersionString());
  const OrtApi *api = base()->GetApi(ORT_API_VERSION);
  if (!api)
    return snprintf(message, size, "onnxruntime %s has no API of version %d. Install onnxruntime-node 1.16 or newer.",
                    engine.version, ORT_API_VERSION),
           false;
  OrtStatus *status = api->CreateEnv(ORT_LOG_FATAL, "meow", &engine.env);
  engine.set_count = operator_sets(engine.sets);
  for (size_t i = 0; i < engine.set_count; i++) {
    if (!status) status = api->CreateCustomOpDomain("meow", &engine.domains[i]);
    for (int j = 0; j < OPERATOR_COUNT; j++)
      if (!status) status = api->CustomOpDomain_Add(engine.domains[i], engine.sets[i]->operators[j]);
  }
  if (!status) status = api->CreateCpuMemoryInfo(ORT_ALLOCATOR_ARENA, ORT_MEMORY_DEFAULT, &engine.memory);
  if (!status) status = api->GetAllocatorWithDefaultOptions(&engine.allocator);
  if (status) {
    snprintf(message, size, "onnxruntime %s: %s", engine.version, api->GetErrorMessage(status));
    api->ReleaseStatus(status);
    return false;
  }
  engine.api = api;
  return true;
}

/* open(path): opens onnxruntime's library, unless it is open, and returns its version. */
static napi_value open_library(napi_env env, napi_callback_info info) {
  char path[4096], message[4608];
  size_t count = 1;
  napi_value argument, result = NULL;
  NAPI(napi_get_cb_info(env, info, &count, &argument, NULL, NULL));
  NAPI(napi_get_value_string_utf8(env, argument, path, sizeof path, NULL));
  lock_process();
  const bool opened = open_engine(path, message, sizeof message);
  unlock_process();
  if (!opened) {
    napi_throw_error(env, NULL, message);
    return NULL;
  }
  NAPI(napi_create_string_utf8(env, engine.version, NAPI_AUTO_LENGTH, &result));
  return result;
failed:
  return throw_pending(env);
}

static void release_values(OrtValue **values, size_t count) {
  for (size_t i = 0; values && i < count; i++)
    if (values[i]) engine.api->ReleaseValue(values[i]);
}

static void forget_asked(Session *session) {
  release_values(session->offered, session->asked_count);
  free(session->asked);
  free(session->asked_names);
  free(session->offered);
  free(session->results);
  session->asked = NULL, session->asked_names = NULL, session->offered = NULL, session->results = NULL;
  session->asked_count = 0;
}

static void close_session(Session *session) {
  release_values(session->fed, session->input_count);
  free(session->fed);
  forget_asked(session);
  if (session->session) engine.api->ReleaseSession(session->session);
  for (size_t i = 0; session->names && i < session->input_count + session->output_count; i++) free(session->names[i]);
  free(session->names);
  free(session->types);
  memset(session, 0, sizeof *session);
}

static void finalize(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  close_session(data);
  free(data);
}

/* Reads name and element type of an input or output. */
static bool describe(napi_env env, Session *session, size_t index) {
  const OrtApi *api = engine.api;
  const bool is_input = index < session->input_count;
  const size_t position = is_input ? index : index - session->input_count;
  OrtTypeInfo *type = NULL;
  const OrtTensorInfo *tensor = NULL;
  char *name = NULL;
  bool done = false;
  ORT(is_input ? api->SessionGetInputName(session->session, position, engine.allocator, &name)
               : api->SessionGetOutputName(session->session, position, engine.allocator, &name));
  session->names[index] = strdup(name);
  ORT(api->AllocatorFree(engine.allocator, name));
  ORT(is_input ? api->SessionGetInputTypeInfo(session->session, position, &type)
               : api->SessionGetOutputTypeInfo(session->session, position, &type));
  ORT(api->CastTypeInfoToTensorInfo(type, &tensor));
  if (tensor) ORT(api->GetTensorElementType(tensor, &session->types[index]));
  done = session->names[index] != NULL;
failed:
  if (type) api->ReleaseTypeInfo(type);
  return done;
}

/* The place of an instruction set among those that the processor has; their number where it has it not. */
static size_t set_index(const char *instruction_set) {
  size_t i = 0;
  while (i < engine.set_count && *instruction_set && strcmp(engine.sets[i]->instruction_set, instruction_set) != 0) i++;
  return i;
}

const OperatorSet *operators_for(const char *instruction_set) {
  const size_t i = set_index(instruction_set);
  return i < engine.set_count ? engine.sets[i] : NULL;
}

/* The operators' domain for an instruction set, or for the fastest one where none is named. */
static OrtCustomOpDomain *domain_of(const char *instruction_set) {
  const size_t i = set_index(instruction_set);
  return i < engine.set_count ? engine.domains[i] : NULL;
}

static bool open_session(napi_env env, Session *session, const void *model, size_t bytes, int32_t threads,
                         const char *profile, OrtCustomOpDomain *domain) {
  const OrtApi *api = engine.api;
  OrtSessionOptions *options = NULL;
  FileCharacter *profile_name = file_name(profile);
  bool done = false;
  if (!profile_name) goto failed;
  ORT(api->CreateSessionOptions(&options));
  ORT(api->SetSessionExecutionMode(options, ORT_SEQUENTIAL));
  ORT(api->SetSessionGraphOptimizationLevel(options, ORT_OPTIMIZE_ALL));
  ORT(api->SetSessionLogSeverityLevel(options, ORT_LOG_FATAL));
  ORT(api->SetIntraOpNumThreads(options, threads));
  ORT(api->SetInterOpNumThreads(options, 1));
  /* It would put transposes back into products, which then do them again for every slice: they are where the graph wants them. */
  ORT(api->AddSessionConfigEntry(options, "optimization.disable_specified_optimizers", "GemmTransposeFusion"));
  if (*profile) ORT(api->EnableProfiling(options, profile_name));
  ORT(api->AddCustomOpDomain(options, domain));
  /* onnxruntime registers domains of operators for the whole process, and not safely for several threads. */
  lock_process();
  OrtStatus *status = api->CreateSessionFromArray(engine.env, model, bytes, options, &session->session);
  unlock_process();
  ORT(status);
  ORT(api->SessionGetInputCount(session->session, &session->input_count));
  ORT(api->SessionGetOutputCount(session->session, &session->output_count));
  const size_t count = session->input_count + session->output_count;
  session->names = calloc(count + 1, sizeof *session->names);
  session->types = calloc(count + 1, sizeof *session->types);
  session->fed = calloc(session->input_count + 1, sizeof *session->fed);
  done = session->names && session->types && session->fed;
  for (size_t i = 0; i < count && done; i++) done = describe(env, session, i);
failed:
  free(profile_name);
  if (options) api->ReleaseSessionOptions(options);
  return done;
}

/* instructionSets(): those that the operators can use here, the fastest first. */
static napi_value instruction_sets(napi_env env, napi_callback_info info) {
  napi_value array, name;
  (void)info;
  NAPI(napi_create_array_with_length(env, engine.set_count, &array));
  for (size_t i = 0; i < engine.set_count; i++) {
    NAPI(napi_create_string_utf8(env, engine.sets[i]->instruction_set, NAPI_AUTO_LENGTH, &name));
    NAPI(napi_set_element(env, array, (uint32_t)i, name));
  }
  return array;
failed:
  return throw_pending(env);
}

napi_status read_array(napi_env env, napi_value value, napi_typedarray_type *type, void **data, size_t *length) {
  static char nothing[8];
  napi_status status = napi_get_typedarray_info(env, value, type, length, data, NULL, NULL);
  if (status == napi_ok && !*data) *data = nothing;
  return status;
}

static napi_status add_array(napi_env env, napi_value object, const char *key, const Session *session, size_t begin,
                             size_t end) {
  napi_value array, value;
  napi_status status = napi_create_array_with_length(env, end - begin, &array);
  for (size_t i = begin; i < end && status == napi_ok; i++) {
    status = napi_create_string_utf8(env, session->names[i], NAPI_AUTO_LENGTH, &value);
    if (status == napi_ok) status = napi_set_element(env, array, (uint32_t)(i - begin), value);
  }
  return status == napi_ok ? napi_set_named_property(env, object, key, array) : status;
}

/* createSession(model, threads, profilePrefix, instructionSet): a handle and the names of inputs and outputs. */
static napi_value create_session(napi_env env, napi_callback_info info) {
  size_t count = 4, bytes = 0;
  napi_value arguments[4], handle, result;
  napi_typedarray_type type;
  void *model = NULL;
  int32_t threads = 1;
  char profile[4096], instruction_set[16];
  OrtCustomOpDomain *domain = NULL;
  Session *session = NULL;
  NAPI(napi_get_cb_info(env, info, &count, arguments, NULL, NULL));
  NAPI(read_array(env, arguments[0], &type, &model, &bytes));
  NAPI(napi_get_value_int32(env, arguments[1], &threads));
  NAPI(napi_get_value_string_utf8(env, arguments[2], profile, sizeof profile, NULL));
  NAPI(napi_get_value_string_utf8(env, arguments[3], instruction_set, sizeof instruction_set, NULL));
  if (!engine.api) {
    napi_throw_error(env, NULL, "onnxruntime's library is not open.");
    return NULL;
  }
  domain = domain_of(instruction_set);
  if (!domain) {
    napi_throw_range_error(env, NULL, "the processor has no such instruction set.");
    return NULL;
  }
  session = calloc(1, sizeof *session);
  if (!session || !open_session(env, session, model, bytes, threads, profile, domain)) goto failed;
  NAPI(napi_create_external(env, session, finalize, NULL, &handle));
  {
    /* The handle owns it from here on. */
    Session *const owned = session;
    session = NULL;
    NAPI(napi_create_object(env, &result));
    NAPI(napi_set_named_property(env, result, "handle", handle));
    NAPI(add_array(env, result, "inputNames", owned, 0, owned->input_count));
    NAPI(add_array(env, result, "outputNames", owned, owned->input_count, owned->input_count + owned->output_count));
  }
  return result;
failed:
  if (session) finalize(env, session, NULL);
  return throw_pending(env);
}

/* The session of a handle; throws where it was released. */
static Session *session_of(napi_env env, napi_value handle) {
  void *data = NULL;
  if (napi_get_value_external(env, handle, &data) != napi_ok) return throw_pending(env), NULL;
  if (((Session *)data)->session) return data;
  napi_throw_error(env, NULL, "the session was released.");
  return NULL;
}

static bool fits(napi_typedarray_type array, OrtElementType element) {
  return (element == ORT_FLOAT && array == napi_float32_array) ||
         (element == ORT_INT64 && array == napi_bigint64_array) || (element == ORT_BOOL && array == napi_uint8_array);
}

static const char *array_of(OrtElementType element) {
  return element == ORT_FLOAT   ? "Float32Array"
         : element == ORT_INT64 ? "BigInt64Array"
         : element == ORT_BOOL  ? "Uint8Array"
                                : "type that this package knows (float32, int64, bool)";
}

static size_t bytes_of(OrtElementType element) { return element == ORT_FLOAT ? 4 : element == ORT_INT64 ? 8 : 1; }

/* A tensor on a typed array's own memory. */
static OrtValue *wrap(napi_env env, const Session *session, size_t index, napi_value data, napi_value dims) {
  napi_typedarray_type type;
  const OrtElementType element = session->types[index];
  void *address = NULL;
  size_t length = 0;
  uint32_t rank = 0;
  int64_t shape[MOST_DIMS], elements = 1;
  bool is_shape = true;
  OrtValue *value = NULL;
  char message[256];
  NAPI(read_array(env, data, &type, &address, &length));
  NAPI(napi_get_array_length(env, dims, &rank));
  if (!fits(type, element)) {
    snprintf(message, sizeof message, "%.128s: expected a %s.", session->names[index], array_of(element));
    napi_throw_type_error(env, NULL, message);
    return NULL;
  }
  for (uint32_t i = 0; i < rank && i < MOST_DIMS; i++) {
    napi_value dim;
    NAPI(napi_get_element(env, dims, i, &dim));
    NAPI(napi_get_value_int64(env, dim, &shape[i]));
    is_shape = is_shape && shape[i] >= 0 && !__builtin_mul_overflow(elements, shape[i], &elements);
  }
  if (rank > MOST_DIMS || !is_shape || (size_t)elements != length) {
    snprintf(message, sizeof message, "%.128s: its dimensions ask for %lld elements (at most %d dimensions), got %zu.",
             session->names[index], (long long)elements, MOST_DIMS, length);
    napi_throw_range_error(env, NULL, message);
    return NULL;
  }
  ORT(engine.api->CreateTensorWithDataAsOrtValue(engine.memory, address, length * bytes_of(element), shape, rank,
                                                 element, &value));
  return value;
failed:
  throw_pending(env);
  return NULL;
}

/* [data, dims], both new, of a tensor that the engine allocated. */
static napi_value copy_result(napi_env env, const Session *session, size_t index, OrtValue *value) {
  const OrtApi *api = engine.api;
  const OrtElementType element = session->types[index];
  const napi_typedarray_type type = element == ORT_FLOAT   ? napi_float32_array
                                    : element == ORT_INT64 ? napi_bigint64_array
                                                           : napi_uint8_array;
  OrtTensorInfo *info = NULL;
  size_t rank = 0, length = 0;
  int64_t shape[MOST_DIMS];
  void *from = NULL, *to = NULL;
  napi_value buffer, data, dims, dim, pair, result = NULL;
  char message[256];
  ORT(api->GetTensorTypeAndShape(value, &info));
  ORT(api->GetDimensionsCount(info, &rank));
  if (rank > MOST_DIMS || !fits(type, element)) {
    snprintf(message, sizeof message, "%.128s: expected at most %d dimensions and a %s.", session->names[index],
             MOST_DIMS, array_of(element));
    napi_throw_type_error(env, NULL, message);
    goto failed;
  }
  ORT(api->GetDimensions(info, shape, rank));
  ORT(api->GetTensorShapeElementCount(info, &length));
  ORT(api->GetTensorMutableData(value, &from));
  NAPI(napi_create_arraybuffer(env, length * bytes_of(element), &to, &buffer));
  if (length) memcpy(to, from, length * bytes_of(element));
  NAPI(napi_create_typedarray(env, type, length, buffer, 0, &data));
  NAPI(napi_create_array_with_length(env, rank, &dims));
  for (size_t i = 0; i < rank; i++) {
    NAPI(napi_create_int64(env, shape[i], &dim));
    NAPI(napi_set_element(env, dims, (uint32_t)i, dim));
  }
  NAPI(napi_create_array_with_length(env, 2, &pair));
  NAPI(napi_set_element(env, pair, 0, data));
  NAPI(napi_set_element(env, pair, 1, dims));
  result = pair;
failed:
  if (info) api->ReleaseTensorTypeAndShapeInfo(info);
  return result ? result : throw_pending(env);
}

/* feed(handle, index, data, dims): what an input is in the runs from now on. */
static napi_value feed(napi_env env, napi_callback_info info) {
  size_t count = 4;
  napi_value arguments[4];
  uint32_t index = 0;
  NAPI(napi_get_cb_info(env, info, &count, arguments, NULL, NULL));
  Session *session = session_of(env, arguments[0]);
  if (!session) return NULL;
  NAPI(napi_get_value_uint32(env, arguments[1], &index));
  if (index >= session->input_count) {
    napi_throw_range_error(env, NULL, "feed: no such input.");
    return NULL;
  }
  OrtValue *value = wrap(env, session, index, arguments[2], arguments[3]);
  if (!value) goto failed;
  if (session->fed[index]) engine.api->ReleaseValue(session->fed[index]);
  session->fed[index] = value;
  return NULL;
failed:
  return throw_pending(env);
}

/*
 * ask(handle, outputs, offered): the outputs that runs give from now on, by their numbers; offered is [data, dims, ...] with
 * the room for each of them, null where the engine is to make it.
 */
static napi_value ask(napi_env env, napi_callback_info info) {
  size_t count = 3;
  napi_value arguments[3], data, dims, element;
  uint32_t asked = 0;
  Session *session = NULL;
  NAPI(napi_get_cb_info(env, info, &count, arguments, NULL, NULL));
  session = session_of(env, arguments[0]);
  if (!session) return NULL;
  NAPI(napi_get_array_length(env, arguments[1], &asked));
  forget_asked(session);
  session->asked = calloc((size_t)asked + 1, sizeof *session->asked);
  session->asked_names = calloc((size_t)asked + 1, sizeof *session->asked_names);
  session->offered = calloc((size_t)asked + 1, sizeof *session->offered);
  session->results = calloc((size_t)asked + 1, sizeof *session->results);
  if (!session->asked || !session->asked_names || !session->offered || !session->results) goto failed;
  for (uint32_t i = 0; i < asked; i++) {
    napi_valuetype type;
    uint32_t output = 0;
    NAPI(napi_get_element(env, arguments[1], i, &element));
    NAPI(napi_get_value_uint32(env, element, &output));
    if (output >= session->output_count) {
      napi_throw_range_error(env, NULL, "ask: no such output.");
      goto failed;
    }
    const size_t index = session->input_count + output;
    session->asked[i] = output;
    session->asked_names[i] = session->names[index];
    NAPI(napi_get_element(env, arguments[2], 2 * i, &data));
    NAPI(napi_get_element(env, arguments[2], 2 * i + 1, &dims));
    NAPI(napi_typeof(env, data, &type));
    session->asked_count = i + 1;
    if (type != napi_null && !(session->offered[i] = wrap(env, session, index, data, dims))) goto failed;
  }
  return NULL;
failed:
  if (session) forget_asked(session);
  return throw_pending(env);
}

/* run(handle): the outputs that were asked for and that no room was offered for, as [data, dims] each, in order. */
static napi_value run(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value handle, result = NULL, array, pair;
  uint32_t made = 0;
  Session *session = NULL;
  NAPI(napi_get_cb_info(env, info, &count, &handle, NULL, NULL));
  session = session_of(env, handle);
  if (!session) return NULL;
  for (size_t i = 0; i < session->input_count; i++) {
    char message[256];
    if (session->fed[i]) continue;
    snprintf(message, sizeof message, "%.128s: this input was not fed.", session->names[i]);
    napi_throw_type_error(env, NULL, message);
    return NULL;
  }
  if (session->asked_count) memcpy(session->results, session->offered, session->asked_count * sizeof(OrtValue *));
  ORT(engine.api->Run(session->session, NULL, (const char *const *)session->names,
                      (const OrtValue *const *)session->fed, session->input_count, session->asked_names,
                      session->asked_count, session->results));
  NAPI(napi_create_array(env, &array));
  for (size_t i = 0; i < session->asked_count; i++) {
    if (session->offered[i]) continue;
    pair = copy_result(env, session, session->input_count + session->asked[i], session->results[i]);
    if (!pair) goto failed;
    NAPI(napi_set_element(env, array, made++, pair));
  }
  result = array;
failed:
  for (size_t i = 0; session && i < session->asked_count; i++)
    if (!session->offered[i] && session->results[i]) engine.api->ReleaseValue(session->results[i]);
  return result ? result : throw_pending(env);
}

/* release(handle): frees the session now, not when its handle is collected. */
static napi_value release(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value handle;
  void *data = NULL;
  NAPI(napi_get_cb_info(env, info, &count, &handle, NULL, NULL));
  NAPI(napi_get_value_external(env, handle, &data));
  close_session(data);
  return NULL;
failed:
  return throw_pending(env);
}

NAPI_MODULE_INIT() {
  static const struct {
    const char *name;
    napi_callback call;
  } functions[] = {
      {"open", open_library}, {"instructionSets", instruction_sets}, {"createSession", create_session},
      {"feed", feed},         {"ask", ask},                          {"run", run},
      {"release", release},
  };
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    napi_value function;
    NAPI(napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].call, NULL, &function));
    NAPI(napi_set_named_property(env, exports, functions[i].name, function));
  }
  if (!add_direct(env, exports) || !add_adam(env, exports)) goto failed;
  return exports;
failed:
  return throw_pending(env);
}
