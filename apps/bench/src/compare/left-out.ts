/** A run that does not count, and why. */
export interface LeftOut {
  readonly folder: string;
  readonly reason: string;
  /** What a run that is whole lacks: it has to go on, or its evaluations come after the last step that counts. Absent where something is wrong with it. */
  readonly lacks?: 'first-evaluation' | 'earlier-evaluation';
}

export const describeLeftOut = ({ folder, reason }: LeftOut): string => `${folder}: ${reason}`;
