import type { BridgeProblem } from './bridge-error.ts';

/** Why a server ended before it listened. */
export interface NotStarted {
  readonly problem: BridgeProblem;
  /** A part of a sentence, and what to do. */
  readonly reason: string;
}

/** Modules that the server itself imports. */
const OF_BRIDGE: ReadonlySet<string> = new Set(['numpy', 'msgpack', 'websockets', 'meow_isaac_bridge']);

/** Packages of the simulators that pip installs. */
const SIMULATORS: Readonly<Record<string, string>> = {
  gymnasium: '"gymnasium[mujoco]"',
  envpool: 'envpool',
  mujoco_playground: 'playground',
};

/** Lines of the server's own; the last one says why it ends. Simulators may print more behind it. */
const OWN_LINE = /^meow_isaac_bridge: (.*)$/gm;

/** What a server said of why it ended; undefined where it said nothing that is known. */
export function whyNotStarted(log: string): NotStarted | undefined {
  const said = [...log.matchAll(OWN_LINE)].at(-1)?.[1]?.trim();
  // Before its first line Python may have found no module to begin with.
  const missing = /No module named '?([\w.]+)/.exec(said ?? log)?.[1];
  if (missing !== undefined) {
    const remedy = installing(missing);
    return {
      problem: 'python',
      reason: said === undefined ? remedy : `${said.replace(/\.$/, '')}. ${remedy}`,
    };
  }
  if (said === undefined) return undefined;
  return {
    problem: said.includes(' is not installed for this Python') ? 'python' : 'connection',
    reason: said,
  };
}

function installing(missing: string): string {
  const [name = missing] = missing.split('.');
  const packages = OF_BRIDGE.has(name) ? 'numpy msgpack websockets' : SIMULATORS[name];
  return packages === undefined
    ? `Its Python has no ${missing}: install it there, a simulator as docs/isaac.md says, or name another Python.`
    : `Its Python has no ${missing}: install it there with "pip install ${packages}", or name another Python.`;
}
