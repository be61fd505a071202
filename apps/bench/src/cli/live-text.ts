import { clearScreenDown, moveCursor } from 'node:readline';

import type { OutputStream } from './output-stream.ts';

/** A text as it is at one moment. */
interface RenderedText {
  /** Lines, redrawn in their place on a terminal. */
  readonly text: string;
  /** One line, which is printed now and then where there is no terminal. */
  readonly summary: string;
}

/** Text that changes while something is done. */
export interface LiveText {
  /**
   * Shows it as it is now.
   *
   * @param render called only where something is written
   */
  show(render: () => Promise<RenderedText>): Promise<void>;
  /** Takes it away, so that what is printed next begins on a line of its own. */
  clear(): void;
}

/** How {@link createLiveText} shows it. */
export interface LiveTextOptions {
  readonly stream: OutputStream & { readonly rows?: number; readonly columns?: number };
  /** Milliseconds, as `performance.now` gives them. */
  readonly now?: () => number;
  /** Seconds between the lines where the stream isn't a terminal; 30 by default. */
  readonly linesEvery?: number;
}

/** Shows nothing. */
export const silentLiveText: LiveText = { show: async () => {}, clear: () => {} };

/** Lines that are redrawn on a terminal; elsewhere, such as in a log file, their summary now and then. */
export const createLiveText = (options: LiveTextOptions): LiveText =>
  options.stream.isTTY ? redrawnText(options) : summaryLines(options);

function redrawnText({ stream }: LiveTextOptions): LiveText {
  let drawn = 0;
  const clear = () => {
    if (drawn > 0) {
      moveCursor(stream, 0, -drawn);
      clearScreenDown(stream);
    }
    drawn = 0;
  };
  return {
    async show(render) {
      const { text } = await render();
      clear();
      // What is longer than the terminal scrolls away, and a line that wraps is two: neither could be taken back.
      const { rows = 24, columns = 80 } = stream;
      const lines = text.split('\n').slice(0, rows - 1);
      stream.write(lines.map((line) => `${line.slice(0, columns - 1)}\n`).join(''));
      drawn = lines.length;
    },
    clear,
  };
}

function summaryLines({ stream, now = () => performance.now(), linesEvery = 30 }: LiveTextOptions): LiveText {
  let printed = now();
  return {
    async show(render) {
      if (now() - printed < 1000 * linesEvery) return;
      printed = now();
      const { summary } = await render();
      stream.write(`${summary}\n`);
    },
    clear: () => {},
  };
}
