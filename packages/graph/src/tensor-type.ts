/** Element types. `float32` is float32 on engines and float64 on the reference runtime. */
export type DType = 'float32' | 'int64' | 'bool';

/** A number, or the name of an axis whose length is known only when the program runs, such as `batch`. */
export type Dim = number | string;
export type Shape = readonly Dim[];

/** What an operator promises about one of its results before anything runs. */
export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
}
