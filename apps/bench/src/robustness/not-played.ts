import type { LeftOut } from '../compare/left-out.ts';

/** Says of a run that it was not played with noise, and why. */
export const describeNotPlayed = ({ folder, reason }: LeftOut): string =>
  `${folder}: not played with noise: ${reason}`;
