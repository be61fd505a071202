// The entry of the threads that are tested.
import { serve } from '../serve.ts';
import { ENDED, type TestProtocol } from './protocol.ts';

await serve<TestProtocol>(({ data, index, count, meet }) => {
  const { counts, sums, trouble } = data;
  const isTroubled = trouble?.index === index;
  let made = 0;
  const act = () => {
    if (!isTroubled || trouble.at !== made) return;
    if (trouble.kind === 'throw') throw new Error('the wheel came off.');
    if (trouble.kind === 'throw text') throw 'a text';
    if (trouble.kind === 'exit') process.exit(7);
    if (trouble.kind === 'out of memory') {
      const kept: number[][] = [];
      for (;;) kept.push(Array.from({ length: 1e5 }, (_, i) => i));
    }
    if (trouble.kind === 'silent') for (;;) if (performance.now() < 0) break;
  };
  act();
  const commands = {
    count: () => {
      made += 1;
      act();
      counts[index] = (counts[index] ?? 0) + 1;
    },
    sum: async () => {
      made += 1;
      await Promise.resolve();
      counts[index] = (counts[index] ?? 0) + index + 1;
      act();
      meet();
      // Different if a thread is a round ahead.
      sums[index] = counts.reduce((sum, value) => sum + value, 0);
      meet();
    },
    sleep: () => new Promise<void>((resolve) => void setTimeout(resolve, 100)),
  };
  return {
    ready: { index, count },
    commands: isTroubled && trouble.kind === 'other commands' ? { ...commands, more: () => {} } : commands,
    end: () => {
      counts[index] = ENDED;
      if (isTroubled && trouble.kind === 'throw at end') throw new Error('it is stuck');
    },
  };
});
