import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { multiGoal } from '@meow-rl/envs';
import type { Page } from 'playwright-core';

import { launch, openPage } from './browser.ts';
import { bundleEngines, engineFolder } from './bundle-engines.ts';
import { serveFolders } from './serve-folders.ts';
import { writeSmallPolicies } from './small-policies.ts';

/** The script of engines-page.ts in a browser, and a policy that it can load as `policy.onnx`. */
export interface EnginesSite {
  readonly folder: string;
  /** Opens a page of its own, whose engines have not started yet, with what it complains of. */
  open(): Promise<{ page: Page; problems: string[] }>;
  close(): Promise<void>;
}

export async function enginesSite(executablePath: string): Promise<EnginesSite> {
  const folder = await mkdtemp(path.join(tmpdir(), 'meow-engines-'));
  await writeFile(
    path.join(folder, 'index.html'),
    '<!doctype html><title>engines</title><link rel="icon" href="data:,"><script type="module" src="engines-page.js"></script>',
  );
  await bundleEngines(folder);
  await writeSmallPolicies(folder, multiGoal());
  const server = await serveFolders([folder, engineFolder], true);
  const browser = await launch(executablePath);
  return {
    folder,
    open: async () => {
      const opened = await openPage(browser, server.url);
      await opened.page.waitForFunction(() => 'engines' in globalThis);
      return opened;
    },
    close: async () => {
      await browser.close();
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
}
