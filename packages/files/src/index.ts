export { flushFolder, replaceFile, writeAll, writeAndFlush, writeWhole } from './durable-files.ts';
export { codeOf, nodeFileSystem, type FileSystem, type OpenFile } from './file-system.ts';
export { makeFolder } from './make-folder.ts';
export { writeProblem, writeRemedy } from './write-problem.ts';
