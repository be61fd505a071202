import { fromBytePlanes, toBytePlanes } from './byte-planes.ts';
import { endings, type Recording } from './recording.ts';
import { jointSizes, type Scene } from './scene.ts';

const MAGIC = 'MEOWQPOS';
const VERSION = 1;
/** Magic, then version, size of the header and size of the body as little-endian uint32. */
const PREFIX_SIZE = 20;

/** What the JSON header of a file holds: a recording without its arrays. */
type Header = Omit<Recording, 'qpos' | 'rewards'> & { readonly steps: number };

/**
 * A recording as the bytes of a `.qpos` file.
 *
 *     offset  size  content
 *     0       8     "MEOWQPOS"
 *     8       4     version, 1
 *     12      4     h, size of the header in the body
 *     16      4     size of the rest of the file
 *     20            the body, gzip (whose CRC-32 guards it):
 *                     h bytes        JSON in UTF-8: environment, caption, dt, episodeReturn, ending, steps, scene
 *                     4 · (steps + 1) · nq bytes   qpos as float32 byte planes, coordinate by coordinate
 *                     4 · steps bytes              rewards as float32 byte planes
 *
 * Integers are little-endian. In a byte plane lie, most significant first, the first bytes of all numbers, then the
 * second and so on.
 *
 * @throws RangeError unless `qpos` has a row more than `rewards` entries
 */
export async function encodeRecording(recording: Recording): Promise<Uint8Array<ArrayBuffer>> {
  const { qpos, rewards, ...description } = recording;
  const { nq } = description.scene;
  const expected = nq * (rewards.length + 1);
  if (qpos.length !== expected)
    throw new RangeError(
      `recording: qpos has ${qpos.length} numbers, expected ${expected} for ${rewards.length} steps of ${nq} positions. ` +
        'Give a row for the reset and one for each step.',
    );
  const header = new TextEncoder().encode(
    JSON.stringify({ ...description, steps: rewards.length } satisfies Header),
  );
  const body = await piped(
    [header, toBytePlanes(qpos, nq), toBytePlanes(rewards, 1)],
    new CompressionStream('gzip'),
  );
  const bytes = new Uint8Array(PREFIX_SIZE + body.length);
  bytes.set(new TextEncoder().encode(MAGIC));
  const view = new DataView(bytes.buffer);
  for (const [i, value] of [VERSION, header.length, body.length].entries())
    view.setUint32(MAGIC.length + 4 * i, value, true);
  bytes.set(body, PREFIX_SIZE);
  return bytes;
}

/**
 * The recording in the bytes of a `.qpos` file.
 *
 * @param where begins error messages: the file's name
 * @throws TypeError for a file of another kind, RangeError for another version, a truncated or a damaged file
 */
export async function decodeRecording(bytes: Uint8Array, where = 'recording'): Promise<Recording> {
  const magic = String.fromCharCode(...bytes.subarray(0, MAGIC.length));
  if (magic !== MAGIC)
    throw new TypeError(
      `${where}: the file is no recording: it doesn't begin with ${MAGIC}. Give a file that encodeRecording made.`,
    );
  if (bytes.length < PREFIX_SIZE)
    throw damaged(where, `it has ${bytes.length} bytes, expected ${PREFIX_SIZE} or more`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [version, headerSize, bodySize] = [8, 12, 16].map((offset) => view.getUint32(offset, true));
  if (version !== VERSION)
    throw new RangeError(
      `${where}: the recording has version ${version}, expected ${VERSION}. Record it again, or read it with the release that wrote it.`,
    );
  const missing = PREFIX_SIZE + (bodySize ?? 0) - bytes.length;
  if (missing !== 0)
    throw damaged(
      where,
      missing > 0 ? `its last ${missing} bytes are missing` : `${-missing} bytes follow it`,
    );
  const body = await unzipped(bytes.slice(PREFIX_SIZE), where);
  const { steps, ...description } = parseHeader(body.subarray(0, headerSize), where);
  const arrays = body.subarray(headerSize);
  const [frames, { nq }] = [steps + 1, description.scene];
  const expected = 4 * (frames * nq + steps);
  if (arrays.length !== expected)
    throw damaged(where, `its arrays have ${arrays.length} bytes, expected ${expected} for ${steps} steps`);
  return {
    ...description,
    qpos: fromBytePlanes(arrays.subarray(0, 4 * frames * nq), nq),
    rewards: fromBytePlanes(arrays.subarray(4 * frames * nq), 1),
  };
}

function parseHeader(bytes: Uint8Array, where: string): Header {
  let header: Header;
  let sound: boolean;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    sound = isComplete(header);
  } catch (error) {
    throw damaged(where, 'its header is not that of a recording', error);
  }
  if (!sound) throw damaged(where, 'its header contradicts itself or lacks something');
  return header;
}

const isComplete = ({ steps, dt, scene, ending, environment, caption, episodeReturn }: Header): boolean =>
  Number.isInteger(steps) &&
  steps >= 0 &&
  dt > 0 &&
  typeof environment === 'string' &&
  typeof caption === 'string' &&
  typeof episodeReturn === 'number' &&
  endings.includes(ending) &&
  isDrawable(scene);

/** Whether every index of a scene leads to something. */
function isDrawable({ nq, bodies, geoms, meshes }: Scene): boolean {
  return (
    Number.isInteger(nq) &&
    nq >= 1 &&
    bodies.every(
      ({ parent, joints }, i) =>
        parent >= 0 &&
        (i === 0 || parent < i) &&
        joints.every(({ type, address }) => address >= 0 && address + jointSizes[type] <= nq),
    ) &&
    geoms.every(
      ({ body, mesh }) => bodies[body] !== undefined && (mesh === undefined || meshes[mesh] !== undefined),
    )
  );
}

async function unzipped(body: Uint8Array<ArrayBuffer>, where: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await piped([body], new DecompressionStream('gzip'));
  } catch (error) {
    throw damaged(where, 'it does not unzip to what its checksum says', error);
  }
}

const damaged = (where: string, what: string, cause?: unknown) =>
  new RangeError(`${where}: the recording is damaged: ${what}. Copy or record it again.`, { cause });

async function piped(
  parts: readonly Uint8Array<ArrayBuffer>[],
  through: CompressionStream | DecompressionStream,
): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([...parts]).stream().pipeThrough(through);
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
