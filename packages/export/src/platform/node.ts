import { readFile } from 'node:fs/promises';

import type { Importers } from '../engine.ts';
import { fetchBytes } from './fetch-bytes.ts';

/** The engines of Node, the faster one first. */
export const engines: Importers = {
  'onnxruntime-node': () => import('onnxruntime-node'),
  'onnxruntime-web': () => import('#onnxruntime-web'),
};

/** Reads a file, or what an http address gives. */
export const readBytes = async (source: string | URL): Promise<Uint8Array> =>
  /^https?:/.test(String(source)) ? fetchBytes(source) : readFile(source);
