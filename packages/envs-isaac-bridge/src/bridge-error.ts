/**
 * What went wrong between client and server.
 *
 * - `python`: a server can't be started, since there is no such Python, or it lacks a module
 * - `connection`: it couldn't be made, or broke
 * - `timeout`: no answer in time
 * - `protocol`: the server sent what isn't in the protocol, or has another version of it
 * - `request`, `version`, `simulator`, `actions`: the server's answer, as PROTOCOL.md says
 */
export type BridgeProblem =
  | 'python'
  | 'connection'
  | 'timeout'
  | 'protocol'
  | 'request'
  | 'version'
  | 'simulator'
  | 'actions';

/** What an error of the bridge has besides its message. */
export interface BridgeErrorDetails {
  /** Python's, where the simulator raised. */
  readonly traceback?: string | undefined;
  /** The end of the server's log, for the stack alone. */
  readonly log?: string | undefined;
  readonly cause?: unknown;
}

/** An error of the bridge: what was expected, what came and what to do. */
export class BridgeError extends Error {
  override readonly name = 'BridgeError';
  readonly problem: BridgeProblem;
  /** Python's, where the simulator raised; the stack ends with it. */
  readonly traceback: string | undefined;

  constructor(problem: BridgeProblem, message: string, { traceback, log, cause }: BridgeErrorDetails = {}) {
    super(message, { cause });
    const ending = traceback ?? log;
    if (ending !== undefined) this.stack = `${this.stack}\n\n${ending.trimEnd()}`;
    this.problem = problem;
    this.traceback = traceback;
  }
}
