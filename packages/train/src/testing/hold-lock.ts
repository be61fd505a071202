import { lockFolder } from '../folder-lock/folder-lock.ts';

/** Test process: takes the folder in its arguments, says so and keeps it. With `exit` it ends without releasing it once its input does. */
const [folder = '', then] = process.argv.slice(2);
await lockFolder(folder);
console.log('taken');
if (then === 'exit') process.stdin.on('end', () => process.exit(0)).resume();
setInterval(() => {}, 1000);
