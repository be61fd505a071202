/** What a team's calling thread and the entry of its threads agree on. */
export interface Protocol {
  /** What a thread starts with. Everything in it is copied, but for memory that is shared. */
  readonly data: unknown;
  /** Names of the commands. */
  readonly command: string;
  /** What a thread says once, when it is ready. */
  readonly ready: unknown;
}

/** What a thread is started with. */
export interface ThreadSetup<P extends Protocol = Protocol> {
  readonly control: Int32Array;
  readonly data: P['data'];
  readonly index: number;
  readonly count: number;
  readonly awakeMilliseconds: number;
}

/** What a thread sends when it is ready. */
export interface ThreadReady<P extends Protocol = Protocol> {
  readonly ready: P['ready'];
  /** In the order of their numbers. */
  readonly commands: readonly P['command'][];
}

/** How a thread is lost to its team. */
export interface Loss<P extends Protocol = Protocol> {
  /** In words, without a full stop, such as `thread 1 (of 2) ended: exit code 7`. */
  readonly problem: string;
  /** Index of the thread; undefined where it isn't known which one, or it is the calling one. */
  readonly thread: number | undefined;
  /** Where it ended without an error. */
  readonly exitCode: number | undefined;
  /** What it threw. */
  readonly cause: unknown;
  /** What was under way. */
  readonly command: P['command'] | undefined;
}
