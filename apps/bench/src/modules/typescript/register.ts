// Imported by whoever has to import TypeScript where Node can't: from then on this thread can.
import { register } from 'node:module';

import { register as registerTsx } from 'tsx/esm/api';

registerTsx();
register(`./hooks${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);
