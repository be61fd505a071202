import { Writable } from 'node:stream';
import type { Io } from '../cli/ui.ts';

/** Streams that keep what is written to them. */
export interface CapturedIo extends Io {
  readonly out: () => string;
  readonly err: () => string;
}

/** A stand-in for a process's two streams. */
export function captureIo({ isTTY = false } = {}): CapturedIo {
  const [out, err] = [new TextStream(isTTY), new TextStream(isTTY)];
  return { stdout: out, stderr: err, out: () => out.text, err: () => err.text };
}

class TextStream extends Writable {
  readonly isTTY: boolean;
  readonly columns = 120;
  text = '';

  constructor(isTTY: boolean) {
    super({ decodeStrings: false });
    this.isTTY = isTTY;
  }

  override _write(chunk: string | Buffer, _: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
