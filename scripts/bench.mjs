// Behind `npm run bench` and `npm start`.
import { goToUserFolder } from './user-folder.mjs';

goToUserFolder();
await import('../apps/bench/bin/meow-bench.js');
