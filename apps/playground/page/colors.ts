/** Colours that a picture is drawn in. */
export interface Colors {
  readonly ground: string;
  readonly lines: string;
  readonly text: string;
  readonly hot: string;
  readonly limbs: readonly [trunk: string, hindLeg: string, foreleg: string];
}

const light: Colors = {
  ground: '#f4f7fa',
  lines: '#c6d2dd',
  text: '#64758a',
  hot: '#d9663b',
  limbs: ['#2f6f8f', '#d9663b', '#3f8f7b'],
};
const dark: Colors = {
  ground: '#141b24',
  lines: '#2f3d4e',
  text: '#93a4b8',
  hot: '#e58c4f',
  limbs: ['#5c9fc0', '#e58c4f', '#5fb095'],
};

/** Those of the scheme that the reader prefers. */
export const colors = (): Colors => (matchMedia('(prefers-color-scheme: dark)').matches ? dark : light);

/** A point's colour by where it heads, as an angle. */
export const hue = (angle: number): string => `hsl(${Math.round((angle * 180) / Math.PI)} 65% 52%)`;
