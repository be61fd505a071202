/** Arguments for Node with which a process, and its threads, finds so many cores. */
export function seenCores(cores: number): readonly string[] {
  const preloaded =
    "import os from 'node:os'; import { syncBuiltinESMExports } from 'node:module';" +
    `os.availableParallelism = () => ${cores}; syncBuiltinESMExports();`;
  return ['--import', `data:text/javascript,${encodeURIComponent(preloaded)}`];
}
