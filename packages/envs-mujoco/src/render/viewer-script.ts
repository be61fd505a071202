import { bundleViewer } from './bundle-viewer.ts';

/**
 * The script of a replay page. Run from sources, it is bundled on the spot; the build of the package puts a module that
 * holds the finished text in place of this one.
 */
export const viewerScript = (): Promise<string> => bundleViewer();
