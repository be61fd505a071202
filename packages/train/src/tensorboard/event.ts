import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** Named numbers at one step, or the file's first record, which names its version. */
export interface TensorBoardEvent {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step: number;
  /** Of the first record alone: `brain.Event:2`. */
  readonly fileVersion?: string;
  readonly scalars: Readonly<Record<string, number>>;
}

/*
 * Field numbers of the three messages, tensorflow.Event, tensorflow.Summary and tensorflow.Summary.Value. Written with
 * the protobuf library's wire format: it keeps values that are 0, which a message without presence would drop.
 */
const EVENT = { wallTime: 1, step: 2, fileVersion: 3, summary: 5 } as const;
const SUMMARY = { value: 1 } as const;
const VALUE = { tag: 1, simpleValue: 2 } as const;

/**
 * An event as protobuf. Values are float32.
 *
 * Reference: tensorflow/core/util/event.proto and tensorflow/core/framework/summary.proto.
 */
export function encodeEvent({ wallTime, step, fileVersion, scalars }: TensorBoardEvent): Uint8Array {
  const event = new BinaryWriter()
    .tag(EVENT.wallTime, WireType.Bit64)
    .double(wallTime)
    .tag(EVENT.step, WireType.Varint)
    .int64(step);
  if (fileVersion !== undefined)
    return event.tag(EVENT.fileVersion, WireType.LengthDelimited).string(fileVersion).finish();
  event.tag(EVENT.summary, WireType.LengthDelimited).fork();
  for (const [tag, value] of Object.entries(scalars)) {
    event.tag(SUMMARY.value, WireType.LengthDelimited).fork();
    event.tag(VALUE.tag, WireType.LengthDelimited).string(tag);
    event.tag(VALUE.simpleValue, WireType.Bit32).float(value);
    event.join();
  }
  return event.join().finish();
}

/**
 * Reads an event; what other programs put beside scalars is skipped.
 *
 * @throws Error if the bytes are no protobuf message
 */
export function decodeEvent(bytes: Uint8Array): TensorBoardEvent {
  let [wallTime, step] = [0, 0];
  let fileVersion: string | undefined;
  const scalars: Record<string, number> = {};
  eachField(new BinaryReader(bytes), (field, reader) => {
    if (field === EVENT.wallTime) wallTime = reader.double();
    else if (field === EVENT.step) step = Number(reader.int64());
    else if (field === EVENT.fileVersion) fileVersion = reader.string();
    else if (field === EVENT.summary) readSummary(reader.bytes(), scalars);
    else return false;
    return true;
  });
  return { wallTime, step, ...(fileVersion === undefined ? {} : { fileVersion }), scalars };
}

function readSummary(bytes: Uint8Array, into: Record<string, number>): void {
  eachField(new BinaryReader(bytes), (field, reader) => {
    if (field !== SUMMARY.value) return false;
    let tag = '';
    let value: number | undefined;
    eachField(new BinaryReader(reader.bytes()), (field, inner) => {
      if (field === VALUE.tag) tag = inner.string();
      else if (field === VALUE.simpleValue) value = inner.float();
      else return false;
      return true;
    });
    if (value !== undefined) into[tag] = value;
    return true;
  });
}

/** Walks over a message; `read` says whether it took the field. */
function eachField(reader: BinaryReader, read: (field: number, reader: BinaryReader) => boolean): void {
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (!read(field, reader)) reader.skip(wireType, field);
  }
}
