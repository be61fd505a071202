import { codeOf } from './file-system.ts';

const PROBLEMS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  ENOENT: 'its folder is gone, or the file system refuses to make it',
  ENAMETOOLONG: 'the path is too long',
  ELOOP: 'its links go in a circle',
  EIO: 'the disk does not answer',
  EMFILE: 'too many files are open',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EEXIST: 'a file of that name is in the way',
  EISDIR: 'a folder of that name is in the way',
};

const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);

/** What to do about a refusal to write, as the beginning of a sentence. */
export function writeRemedy(error: unknown): string {
  const code = String(codeOf(error));
  if (FULL.has(code)) return 'make room';
  return code in PROBLEMS ? 'see that the folder can be written to' : 'mend that';
}

/** Why the system refused to write, in words; undefined if `error` is of another kind. */
export const writeProblem = (error: unknown): string | undefined => PROBLEMS[String(codeOf(error))];
