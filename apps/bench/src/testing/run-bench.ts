import { main } from '../cli/main.ts';
import { captureIo } from './capture.ts';

/** What a command gave back. */
export interface BenchResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line in this process, without a terminal. */
export async function bench(...argv: readonly string[]): Promise<BenchResult> {
  const io = captureIo();
  const code = await main(argv, io);
  return { code, out: io.out(), err: io.err() };
}

/** {@link bench} without progress. */
export const quietBench = (...argv: readonly string[]): Promise<BenchResult> => bench(...argv, '--quiet');

/** Flags of an agent that is quick to train. */
export const TINY_AGENT: readonly string[] =
  '--hidden 8,8 --shift-hidden 8 --couplings 1 --batch-size 16'.split(' ');
