// Preloaded by tests: lets threads that they start run TypeScript sources, which Node 20 can't by itself.
import { register } from 'tsx/esm/api';

register();
