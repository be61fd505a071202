import type { Importers } from '../engine.ts';
import { fetchBytes } from './fetch-bytes.ts';

/** The engine of browsers. */
export const engines: Importers = { 'onnxruntime-web': () => import('#onnxruntime-web') };

/** Reads what an address gives. */
export const readBytes: (source: string | URL) => Promise<Uint8Array> = fetchBytes;
