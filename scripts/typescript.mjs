// Preloaded by tests: lets processes and threads that they start run the repository's TypeScript, which Node 20 can't by itself.
import * as module from 'node:module';

import { load } from './typescript-hooks.mjs';

// In the importing thread where Node can, from 22.15 on.
if ('registerHooks' in module) module.registerHooks({ load });
else module.register('./typescript-hooks.mjs', import.meta.url);
