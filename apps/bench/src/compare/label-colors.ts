/** Told apart in pairs by lightness too, for readers who don't see all colours; mid-tones, for light and dark pages. */
const COLORS = [
  '#1483c8',
  '#dd6b10',
  '#8d63cf',
  '#2a9d5c',
  '#c8385a',
  '#6b6456',
  '#b58900',
  '#0f8f8f',
] as const;

/** A colour for each label, in their order. */
export const labelColors = (labels: readonly string[]): ReadonlyMap<string, string> =>
  new Map(labels.map((label, index) => [label, COLORS[index % COLORS.length] ?? COLORS[0]]));
