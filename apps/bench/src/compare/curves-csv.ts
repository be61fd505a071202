import type { RunGroup } from './group-runs.ts';

/**
 * Evaluations of all runs as CSV, unsmoothed: a line for each run and step, with the mean return of deterministic and of sampled
 * actions; empty where there is none.
 */
export function curvesCsv(groups: readonly RunGroup[], sampledGroups: readonly RunGroup[]): string {
  const sampled = new Map(
    sampledGroups.flatMap(({ runs }) =>
      runs.flatMap(({ folder, evaluations }) =>
        evaluations.map(({ step, mean }) => [`${folder} ${step}`, mean] as const),
      ),
    ),
  );
  const lines = groups.flatMap(({ environment, label, runs }) =>
    runs.flatMap(({ folder, seed, evaluations }) =>
      evaluations.map(({ step, mean }) =>
        [environment, label, seed, step, mean, sampled.get(`${folder} ${step}`) ?? '']
          .map((field) => quoted(String(field)))
          .join(','),
      ),
    ),
  );
  return `${['environment,algorithm,seed,step,deterministic,sampled', ...lines].join('\n')}\n`;
}

/** As RFC 4180 has it. */
const quoted = (field: string): string =>
  /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
