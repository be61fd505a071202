/*
 * What is needed of onnxruntime's C API: the places of functions in its table, and the layout of a custom operator.
 * The table only ever grows at its end, so these hold for every library that knows API version 16 (onnxruntime 1.16).
 */
#ifndef MEOW_ORT_H
#define MEOW_ORT_H

#include <stddef.h>
#include <stdint.h>

#include "platform.h"

#define ORT_API_VERSION 16

typedef struct OrtStatus OrtStatus;
typedef struct OrtEnv OrtEnv;
typedef struct OrtSession OrtSession;
typedef struct OrtSessionOptions OrtSessionOptions;
typedef struct OrtRunOptions OrtRunOptions;
typedef struct OrtCustomOpDomain OrtCustomOpDomain;
typedef struct OrtCustomOp OrtCustomOp;
typedef struct OrtValue OrtValue;
typedef struct OrtTypeInfo OrtTypeInfo;
typedef struct OrtTensorInfo OrtTensorInfo;
typedef struct OrtMemoryInfo OrtMemoryInfo;
typedef struct OrtAllocator OrtAllocator;
typedef struct OrtKernelInfo OrtKernelInfo;
typedef struct OrtKernelContext OrtKernelContext;

enum { ORT_FAIL = 1, ORT_INVALID_ARGUMENT = 2 };
enum { ORT_LOG_FATAL = 4 };
enum { ORT_SEQUENTIAL = 0 };
enum { ORT_OPTIMIZE_ALL = 99 };
enum { ORT_ALLOCATOR_ARENA = 1 };
enum { ORT_MEMORY_DEFAULT = 0 };
enum { ORT_VARIADIC = 2 };
typedef enum { ORT_FLOAT = 1, ORT_INT64 = 7, ORT_BOOL = 9 } OrtElementType;

/* Functions that we don't call, `count` of them beginning with number `first`. */
#define ORT_SKIP(first, count) void *skip_##first[count]

typedef struct OrtApi {
  OrtStatus *(*CreateStatus)(int code, const char *message);
  ORT_SKIP(1, 1);
  const char *(*GetErrorMessage)(const OrtStatus *status);
  OrtStatus *(*CreateEnv)(int severity, const char *log_id, OrtEnv **out);
  ORT_SKIP(4, 4);
  OrtStatus *(*CreateSessionFromArray)(const OrtEnv *env, const void *model, size_t bytes,
                                       const OrtSessionOptions *options, OrtSession **out);
  OrtStatus *(*Run)(OrtSession *session, const OrtRunOptions *options, const char *const *input_names,
                    const OrtValue *const *inputs, size_t input_count, const char *const *output_names,
                    size_t output_count, OrtValue **outputs);
  OrtStatus *(*CreateSessionOptions)(OrtSessionOptions **out);
  ORT_SKIP(11, 2);
  OrtStatus *(*SetSessionExecutionMode)(OrtSessionOptions *options, int mode);
  OrtStatus *(*EnableProfiling)(OrtSessionOptions *options, const FileCharacter *file_prefix);
  ORT_SKIP(15, 7);
  OrtStatus *(*SetSessionLogSeverityLevel)(OrtSessionOptions *options, int severity);
  OrtStatus *(*SetSessionGraphOptimizationLevel)(OrtSessionOptions *options, int level);
  OrtStatus *(*SetIntraOpNumThreads)(OrtSessionOptions *options, int threads);
  OrtStatus *(*SetInterOpNumThreads)(OrtSessionOptions *options, int threads);
  OrtStatus *(*CreateCustomOpDomain)(const char *domain, OrtCustomOpDomain **out);
  OrtStatus *(*CustomOpDomain_Add)(OrtCustomOpDomain *domain, const OrtCustomOp *op);
  OrtStatus *(*AddCustomOpDomain)(OrtSessionOptions *options, OrtCustomOpDomain *domain);
  ORT_SKIP(29, 1);
  OrtStatus *(*SessionGetInputCount)(const OrtSession *session, size_t *out);
  OrtStatus *(*SessionGetOutputCount)(const OrtSession *session, size_t *out);
  ORT_SKIP(32, 1);
  OrtStatus *(*SessionGetInputTypeInfo)(const OrtSession *session, size_t index, OrtTypeInfo **out);
  OrtStatus *(*SessionGetOutputTypeInfo)(const OrtSession *session, size_t index, OrtTypeInfo **out);
  ORT_SKIP(35, 1);
  OrtStatus *(*SessionGetInputName)(const OrtSession *session, size_t index, OrtAllocator *allocator, char **out);
  OrtStatus *(*SessionGetOutputName)(const OrtSession *session, size_t index, OrtAllocator *allocator, char **out);
  ORT_SKIP(38, 11);
  OrtStatus *(*CreateTensorWithDataAsOrtValue)(const OrtMemoryInfo *info, void *data, size_t bytes,
                                               const int64_t *shape, size_t rank, OrtElementType type,
                                               OrtValue **out);
  ORT_SKIP(50, 1);
  OrtStatus *(*GetTensorMutableData)(OrtValue *value, void **out);
  ORT_SKIP(52, 3);
  OrtStatus *(*CastTypeInfoToTensorInfo)(const OrtTypeInfo *info, const OrtTensorInfo **out);
  ORT_SKIP(56, 4);
  OrtStatus *(*GetTensorElementType)(const OrtTensorInfo *info, OrtElementType *out);
  OrtStatus *(*GetDimensionsCount)(const OrtTensorInfo *info, size_t *out);
  OrtStatus *(*GetDimensions)(const OrtTensorInfo *info, int64_t *out, size_t rank);
  ORT_SKIP(63, 1);
  OrtStatus *(*GetTensorShapeElementCount)(const OrtTensorInfo *info, size_t *out);
  OrtStatus *(*GetTensorTypeAndShape)(const OrtValue *value, OrtTensorInfo **out);
  ORT_SKIP(66, 3);
  OrtStatus *(*CreateCpuMemoryInfo)(int allocator, int memory, OrtMemoryInfo **out);
  ORT_SKIP(70, 6);
  OrtStatus *(*AllocatorFree)(OrtAllocator *allocator, void *data);
  ORT_SKIP(77, 1);
  OrtStatus *(*GetAllocatorWithDefaultOptions)(OrtAllocator **out);
  ORT_SKIP(79, 9);
  OrtStatus *(*KernelContext_GetInputCount)(const OrtKernelContext *context, size_t *out);
  OrtStatus *(*KernelContext_GetOutputCount)(const OrtKernelContext *context, size_t *out);
  OrtStatus *(*KernelContext_GetInput)(const OrtKernelContext *context, size_t index, const OrtValue **out);
  OrtStatus *(*KernelContext_GetOutput)(OrtKernelContext *context, size_t index, const int64_t *shape, size_t rank,
                                        OrtValue **out);
  ORT_SKIP(92, 1);
  void (*ReleaseStatus)(OrtStatus *status);
  ORT_SKIP(94, 1);
  void (*ReleaseSession)(OrtSession *session);
  void (*ReleaseValue)(OrtValue *value);
  ORT_SKIP(97, 1);
  void (*ReleaseTypeInfo)(OrtTypeInfo *info);
  void (*ReleaseTensorTypeAndShapeInfo)(OrtTensorInfo *info);
  void (*ReleaseSessionOptions)(OrtSessionOptions *options);
  ORT_SKIP(101, 29);
  OrtStatus *(*AddSessionConfigEntry)(OrtSessionOptions *options, const char *key, const char *value);
  ORT_SKIP(131, 31);
  OrtStatus *(*KernelInfoGetAttributeArray_float)(const OrtKernelInfo *info, const char *name, float *out,
                                                  size_t *count);
  OrtStatus *(*KernelInfoGetAttributeArray_int64)(const OrtKernelInfo *info, const char *name, int64_t *out,
                                                  size_t *count);
} OrtApi;

#define ORT_CHECK_PLACE(function, number)                                                                            \
  _Static_assert(offsetof(OrtApi, function) == (number) * sizeof(void *), #function " is at another place")
ORT_CHECK_PLACE(CreateSessionFromArray, 8);
ORT_CHECK_PLACE(AddCustomOpDomain, 28);
ORT_CHECK_PLACE(CreateTensorWithDataAsOrtValue, 49);
ORT_CHECK_PLACE(GetTensorTypeAndShape, 65);
ORT_CHECK_PLACE(GetAllocatorWithDefaultOptions, 78);
ORT_CHECK_PLACE(KernelContext_GetOutput, 91);
ORT_CHECK_PLACE(ReleaseSessionOptions, 100);
ORT_CHECK_PLACE(AddSessionConfigEntry, 130);
ORT_CHECK_PLACE(KernelInfoGetAttributeArray_int64, 163);

/* The engine's functions; NULL until its library is open. */
const OrtApi *engine_api(void);

typedef struct OrtApiBase {
  const OrtApi *(*GetApi)(uint32_t version);
  const char *(*GetVersionString)(void);
} OrtApiBase;

/* A custom operator as version 16 of the API knows it: the last that has what we need, the first with both V2 calls. */
struct OrtCustomOp {
  uint32_t version;
  void *(*CreateKernel)(const OrtCustomOp *op, const OrtApi *api, const OrtKernelInfo *info);
  const char *(*GetName)(const OrtCustomOp *op);
  const char *(*GetExecutionProviderType)(const OrtCustomOp *op);
  OrtElementType (*GetInputType)(const OrtCustomOp *op, size_t index);
  size_t (*GetInputTypeCount)(const OrtCustomOp *op);
  OrtElementType (*GetOutputType)(const OrtCustomOp *op, size_t index);
  size_t (*GetOutputTypeCount)(const OrtCustomOp *op);
  void (*KernelCompute)(void *kernel, OrtKernelContext *context);
  void (*KernelDestroy)(void *kernel);
  int (*GetInputCharacteristic)(const OrtCustomOp *op, size_t index);
  int (*GetOutputCharacteristic)(const OrtCustomOp *op, size_t index);
  int (*GetInputMemoryType)(const OrtCustomOp *op, size_t index);
  int (*GetVariadicInputMinArity)(const OrtCustomOp *op);
  int (*GetVariadicInputHomogeneity)(const OrtCustomOp *op);
  int (*GetVariadicOutputMinArity)(const OrtCustomOp *op);
  int (*GetVariadicOutputHomogeneity)(const OrtCustomOp *op);
  OrtStatus *(*CreateKernelV2)(const OrtCustomOp *op, const OrtApi *api, const OrtKernelInfo *info, void **kernel);
  OrtStatus *(*KernelComputeV2)(void *kernel, OrtKernelContext *context);
};

#endif
