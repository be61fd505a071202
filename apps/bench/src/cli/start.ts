import { hasCode } from './errors.ts';
import { main } from './main.ts';

// `meow-bench speed | head -1` closes our output while we write, which is no failure. What is for its files isn't ended by
// that, and would lose what isn't saved yet. Nor is a server, which is for its clients.
const outlivesOutput = ['train', 'demo', 'serve', 'sweep', 'reproduce', 'race', 'compare'].some((command) =>
  process.argv.includes(command),
);

let unwritten = false;
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    if (hasCode(error, 'EPIPE')) {
      if (!outlivesOutput) process.exit(0);
      return;
    }
    if (unwritten) return;
    unwritten = true;
    process.exitCode = 1;
    process.stderr.write(
      `meow-bench: can't write the output: ${error.message}. What goes into files is written all the same; send the output elsewhere.\n`,
    );
  });
}

// Node ends as soon as there is nothing left that could go on.
process.once('beforeExit', () => {
  process.stderr.write(
    'meow-bench: stopped, because it waits for a promise that nothing can keep any more. Look in the module of --env or ' +
      '--logger for one that is neither resolved nor rejected; checkpoints that were saved are whole.\n',
  );
  process.exit(1);
});

const code = await main(process.argv.slice(2), process);
process.removeAllListeners('beforeExit');
process.exitCode = code === 0 && unwritten ? 1 : code;
