import { fileURLToPath } from 'node:url';

/**
 * For the scripts of package.json, which npm and pnpm start in the root: goes back to where the user is, so that relative paths
 * count from there.
 */
export function goToUserFolder() {
  const { INIT_CWD, npm_package_json: startedFor } = process.env;
  // INIT_CWD alone doesn't tell: all that an npm script starts inherits it, also from another project.
  if (INIT_CWD && startedFor === fileURLToPath(new URL('../package.json', import.meta.url)))
    process.chdir(INIT_CWD);
}
