export { listeningProblem } from './access.ts';
export { servePolicy } from './policy-server.ts';
export type { PolicyServer, ServeOptions } from './policy-server.ts';
export { ServeError } from './errors.ts';
export type { ServeCounts } from './answers.ts';
