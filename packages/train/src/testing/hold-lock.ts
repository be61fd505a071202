import { lockFolder } from '../folder-lock/folder-lock.ts';

/** Test process: takes the folder in its arguments, says so and keeps it. With `exit` it ends without releasing it. */
const [folder = '', then] = process.argv.slice(2);
await lockFolder(folder);
console.log('taken');
if (then === 'exit') process.exit(0);
setInterval(() => {}, 1000);
