import { readFile } from 'node:fs/promises';

import type { Importers } from '../engine.ts';
import { fetchBytes } from './fetch-bytes.ts';

/** The engines of Node, the faster one first. */
export const engines: Importers = {
  'onnxruntime-node': () => import('onnxruntime-node'),
  'onnxruntime-web': () => import('#onnxruntime-web'),
};

/** Schemes of addresses; all else is a path, which may have colons. */
const SCHEME = /^(file|https?|data|blob):/i;

/** Reads a file, or what an address gives. */
export async function readBytes(source: string | URL): Promise<Uint8Array> {
  const [, scheme] = SCHEME.exec(String(source)) ?? [];
  if (scheme === undefined) return readFile(source);
  return scheme.toLowerCase() === 'file' ? readFile(new URL(source)) : fetchBytes(source);
}
