/**
 * What went wrong between client and server.
 *
 * - `connection`: it couldn't be made, or broke
 * - `timeout`: no answer in time
 * - `protocol`: the server sent what isn't in the protocol, or has another version of it
 * - `request`, `version`, `simulator`, `actions`: the server's answer, as PROTOCOL.md says
 */
export type BridgeProblem =
  | 'connection'
  | 'timeout'
  | 'protocol'
  | 'request'
  | 'version'
  | 'simulator'
  | 'actions';

/** An error of the bridge: what was expected, what came and what to do; where Python raised, its traceback follows. */
export class BridgeError extends Error {
  override readonly name = 'BridgeError';
  readonly problem: BridgeProblem;
  /** Python's, where the simulator raised. */
  readonly traceback: string | undefined;

  constructor(
    problem: BridgeProblem,
    message: string,
    { traceback, cause }: { readonly traceback?: string | undefined; readonly cause?: unknown } = {},
  ) {
    super(traceback === undefined ? message : `${message}\n\n${traceback.trimEnd()}`, { cause });
    this.problem = problem;
    this.traceback = traceback;
  }
}
