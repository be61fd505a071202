// What the local engine starts: the command line, told to end in good order when its standard input ends. That is how the sweep
// stops it, and what happens if the sweep is killed: no trial goes on without one.
process.stdin.once('end', () => {
  // Emitted, as Windows has no signals to send. Before training begins nobody listens, and nothing is lost.
  if (!process.emit('SIGTERM', 'SIGTERM')) process.exit(143);
});
process.stdin.resume();
process.stdin.unref();

await import('../cli/start.ts');
