import { hasCode } from './errors.ts';
import { main } from './main.ts';

// `meow-bench speed | head -1` closes our output while we write. That is no failure.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    if (!hasCode(error, 'EPIPE')) throw error;
    process.exit(0);
  });
}

process.exitCode = await main(process.argv.slice(2), process);
