import { z } from 'zod';

import { textChecksum } from './checksum.ts';

const FORMAT = 'meow-rl-replay';
const VERSION = 1;

const count = z.int().min(0);
const size = z.int().min(1);

const file = z.strictObject({
  name: z.string().regex(/^replay-[0-9a-z-]+\.safetensors$/),
  bytes: size,
  checksum: z.string().regex(/^[0-9a-f]{64}$/),
});

const chunk = z.strictObject({ ...file.shape, first: count, rows: size });

const schema = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  capacity: size,
  observationSize: size,
  actionSize: size,
  observationStorage: z.enum(['float32', 'float16']).optional(),
  discount: z.number().optional(),
  nStep: size.optional(),
  added: count,
  generator: z.strictObject({
    words: z.tuple([z.int(), z.int(), z.int(), z.int()]),
    spare: z.number().nullable(),
  }),
  lasts: z.array(z.int().min(-1)).nullable(),
  priorities: z.strictObject({ alpha: z.number(), largest: z.number(), batches: count, file }).nullable(),
  chunks: z.array(chunk),
  checksum: z.string(),
});

/** A file of a saved buffer: its name in the store's folder, its length and its SHA-256. */
export type StoredFile = Readonly<z.infer<typeof file>>;

/** A file with `rows` transitions from number `first` on. */
export type StoredChunk = Readonly<z.infer<typeof chunk>>;

/** A saved buffer: everything but the numbers in its files, as JSON, to be kept with the checkpoint it belongs to. */
export type ReplayManifest = Readonly<z.infer<typeof schema>>;

/** Completes a manifest by format, version and its own checksum. */
export function sealManifest(
  content: Omit<ReplayManifest, 'format' | 'version' | 'checksum'>,
): ReplayManifest {
  const unsealed = { format: FORMAT, version: VERSION, ...content } as const;
  return { ...unsealed, checksum: textChecksum(canonical(unsealed)) };
}

/**
 * Checks a manifest that was read from a file.
 *
 * @throws Error if it is none, of another version, or has changed since it was made
 */
export function checkedManifest(value: unknown): ReplayManifest {
  if (!isObject(value) || value['format'] !== FORMAT) {
    throw damaged(`has format ${text(isObject(value) ? value['format'] : value)}, expected "${FORMAT}"`);
  }
  if (value['version'] !== VERSION && Number.isInteger(value['version'])) {
    throw new Error(
      `replay: the manifest has version ${text(value['version'])}, expected ${VERSION}. ` +
        'Resume with the release that saved it, or from a checkpoint of this one.',
    );
  }
  const result = schema.safeParse(value);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw damaged(`is wrong at ${issue?.path.join('.') || 'its top'}: ${issue?.message ?? 'unknown'}`);
  }
  const { checksum, ...unsealed } = result.data;
  const actual = textChecksum(canonical(unsealed));
  if (actual !== checksum) throw damaged(`has checksum ${actual}, expected ${checksum}`);
  return result.data;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const text = (value: unknown): string => JSON.stringify(value)?.slice(0, 60) ?? String(value);

const damaged = (what: string): Error =>
  new Error(`replay: the manifest ${what}. It is damaged; resume from an older checkpoint.`);

/** JSON with sorted keys, so that a manifest keeps its checksum through whatever rearranges it. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, entry: unknown) =>
    isObject(entry) && !Array.isArray(entry)
      ? Object.fromEntries(Object.entries(entry).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : entry,
  );
}
