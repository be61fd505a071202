const UNITS = { d: 86_400, h: 3600, m: 60, s: 1 } as const;

/** Seconds of a time such as `1h30m`, `20m` or `45s`; undefined for what is none, or none above 0. */
export function secondsOf(text: string): number | undefined {
  const [, ...parts] = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text) ?? [];
  const seconds = Object.values(UNITS).reduce((sum, unit, i) => sum + unit * Number(parts[i] ?? 0), 0);
  return seconds > 0 ? seconds : undefined;
}
