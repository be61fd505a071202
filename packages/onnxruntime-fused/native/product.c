/* The operator `Product`: `a b + bias` of matrices, or of their transposes, without its negative entries where it is rectified. */
#include "product.h"

#include <stdlib.h>

#include "kernel.h"

/* The numbers in the attribute `product`. */
enum { TRANSPOSE_A, TRANSPOSE_B, RECTIFIED, OPTIONS };

typedef struct {
  const OrtApi *api;
  Multiply *multiply;
  bool options[OPTIONS];
} Kernel;

static void destroy(void *kernel) { free(kernel); }

static OrtStatus *create(const OrtCustomOp *op, const OrtApi *api, const OrtKernelInfo *info, void **kernel) {
  int64_t *options = NULL, count = 0;
  *kernel = NULL;
  OrtStatus *status = read_ints(api, info, "Product", "product", &options, &count);
  if (!status && count != OPTIONS)
    status = failure(api, "Product: the attribute product has %d numbers, expected %d.", (int)count, OPTIONS);
  Kernel *made = status ? NULL : calloc(1, sizeof *made);
  if (!status && !made) status = failure(api, "Product: no memory.");
  if (made) {
    made->api = api;
    made->multiply = ((const ProductOperator *)op)->multiply;
    for (int i = 0; i < OPTIONS; i++) made->options[i] = options[i] != 0;
    *kernel = made;
  }
  free(options);
  return status;
}

static OrtStatus *read_factor(const Kernel *kernel, const OrtKernelContext *context, int64_t index, bool transposed,
                              Factor *factor, int64_t *rows, int64_t *columns) {
  float *values = NULL;
  int64_t dims[MOST_DIMS];
  size_t rank = 0;
  OrtStatus *status = read_input(kernel->api, context, "Product", index, &values, dims, &rank);
  if (status) return status;
  if (rank != 2) return failure(kernel->api, "Product: input %d has %d axes, expected 2.", (int)index, (int)rank);
  *factor = (Factor){values, dims[1], transposed};
  *rows = dims[transposed ? 1 : 0];
  *columns = dims[transposed ? 0 : 1];
  return NULL;
}

static OrtStatus *read_bias(const Kernel *kernel, const OrtKernelContext *context, Product *product) {
  float *values = NULL;
  int64_t dims[MOST_DIMS];
  size_t rank = 0;
  OrtStatus *status = read_input(kernel->api, context, "Product", 2, &values, dims, &rank);
  if (status) return status;
  if (rank != 1 || dims[0] != product->columns)
    return failure(kernel->api, "Product: the bias must be a vector of %lld entries.", (long long)product->columns);
  product->bias = values;
  return NULL;
}

static OrtStatus *compute(void *given, OrtKernelContext *context) {
  const Kernel *kernel = given;
  const OrtApi *api = kernel->api;
  Product product = {.rectified = kernel->options[RECTIFIED]};
  size_t inputs = 0;
  int64_t inner = 0;
  OrtValue *value = NULL;
  OrtStatus *status;
  if ((status = api->KernelContext_GetInputCount(context, &inputs))) return status;
  if (inputs < 2 || inputs > 3) return failure(api, "Product: the node has %d inputs, expected 2 or 3.", (int)inputs);
  if ((status = read_factor(kernel, context, 0, kernel->options[TRANSPOSE_A], &product.a, &product.rows,
                            &product.inner)))
    return status;
  if ((status = read_factor(kernel, context, 1, kernel->options[TRANSPOSE_B], &product.b, &inner, &product.columns)))
    return status;
  if (inner != product.inner)
    return failure(api, "Product: inner axes differ, %lld and %lld.", (long long)product.inner, (long long)inner);
  if (inputs == 3 && (status = read_bias(kernel, context, &product))) return status;
  const int64_t shape[] = {product.rows, product.columns};
  if ((status = api->KernelContext_GetOutput(context, 0, shape, 2, &value))) return status;
  if (!value) return failure(api, "Product: the output is missing.");
  if ((status = api->GetTensorMutableData(value, (void **)&product.result))) return status;
  kernel->multiply(&product);
  return NULL;
}

static const char *name(const OrtCustomOp *op) { return (void)op, "Product"; }

#define PRODUCT(loops)                                                                                               \
  {                                                                                                                  \
    .operator = {OPERATOR_CALLS, .GetName = name, .CreateKernelV2 = create, .KernelComputeV2 = compute,              \
                 .KernelDestroy = destroy},                                                                          \
    .multiply = loops,                                                                                               \
  }

const ProductOperator product_plain = PRODUCT(multiply_plain);
#ifdef MEOW_X86
const ProductOperator product_avx2 = PRODUCT(multiply_avx2);
const ProductOperator product_avx512 = PRODUCT(multiply_avx512);
#endif
