import type { Mujoco } from '../mujoco.ts';

/** Something whose memory lies in WebAssembly until it is deleted. */
interface Handle {
  delete(): void;
}

/** MuJoCo's module, and what it made. */
export interface Ledger {
  /** Does what the given module does, and keeps account. */
  readonly mujoco: Mujoco;
  /** Classes of everything made so far, one entry each. */
  made(): readonly string[];
  /** Classes of what was made and not deleted yet. */
  left(): readonly string[];
}

/**
 * Keeps account of every object that MuJoCo's module hands out, by any class, function or property, until it is deleted.
 * Looking at the size of its memory misses small ones, for which there is room for long.
 */
export function ledger(module: Mujoco): Ledger {
  const made: string[] = [];
  const open = new Map<object, string>();
  // Behind the stand-ins given out; MuJoCo itself has to get the real objects.
  const originals = new WeakMap<object, object>();
  const original = (value: unknown): unknown =>
    (typeof value === 'object' && value !== null ? originals.get(value) : undefined) ?? value;

  const standIn = (value: unknown): unknown => {
    if (typeof value === 'function') return watch(value);
    if (!isHandle(value)) return value;
    const name = value.constructor.name;
    made.push(name);
    open.set(value, name);
    return watch(value);
  };

  const watch = <T extends object>(target: T): T => {
    const proxy = new Proxy(target, {
      get(from, name) {
        if (name === 'delete' && isHandle(from)) {
          return () => {
            open.delete(from);
            from.delete();
          };
        }
        return standIn(Reflect.get(from, name, from));
      },
      set: (to, name, value) => Reflect.set(to, name, original(value), to),
      apply: (call, self, values) =>
        standIn(Reflect.apply(asCall(call), original(self), values.map(original))),
      construct: (type, values) => watchMade(Reflect.construct(asCall(type), values.map(original))),
    });
    originals.set(proxy, target);
    return proxy;
  };
  const watchMade = (value: object): object => {
    const seen = standIn(value);
    return typeof seen === 'object' && seen !== null ? seen : value;
  };

  return { mujoco: watch(module), made: () => [...made], left: () => [...open.values()] };
}

const isHandle = (value: unknown): value is Handle =>
  typeof value === 'object' && value !== null && 'delete' in value && '$$' in value;

function asCall(value: object): (...values: unknown[]) => unknown {
  if (typeof value === 'function') return value as (...values: unknown[]) => unknown;
  throw new TypeError(`expected a function, got ${typeof value}`);
}
