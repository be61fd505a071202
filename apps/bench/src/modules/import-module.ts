import { reasonOf, UsageError } from '../cli/errors.ts';

// Node takes types away by itself from 22.18 on.
const runsTypeScript = Boolean(Reflect.get(process.features, 'typescript'));

const registerTypeScript = new URL(
  `./typescript/register${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`,
  import.meta.url,
).href;

/**
 * URLs of what a thread has to import before it can import a module.
 *
 * @param native whether Node runs TypeScript by itself; default: what this Node does
 */
export const loadersFor = (module: string, native = runsTypeScript): readonly string[] =>
  !native && /\.[cm]?tsx?$/.test(module) ? [registerTypeScript] : [];

/**
 * Imports a module, in TypeScript too.
 *
 * @param loaders what is imported before; default: what the module needs
 * @throws UsageError if they can't be
 */
export async function importModule(module: string, loaders = loadersFor(module)): Promise<object> {
  // Beforehand: Node remembers that it couldn't import a module.
  for (const loader of loaders)
    await import(loader).catch((cause: unknown) => {
      throw new UsageError(
        `${module} is TypeScript, which Node ${process.versions.node} can't run by itself, nor with tsx (${reasonOf(cause)})`,
        'Install meow-bench anew, use Node 22.18 or newer, or compile the module to JavaScript.',
        { cause },
      );
    });
  const exported: object = await import(module);
  return exported;
}
