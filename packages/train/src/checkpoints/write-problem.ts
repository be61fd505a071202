const PROBLEMS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  ENOENT: 'the file system refuses to make that folder',
  ENAMETOOLONG: 'the path is too long',
  ELOOP: 'its links go in a circle',
  EIO: 'the disk does not answer',
  EMFILE: 'too many files are open',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EEXIST: 'a file of that name is in the way',
};

/** Why the system refused to write, in words; undefined if `error` is of another kind. */
export const writeProblem = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error ? PROBLEMS[String(error.code)] : undefined;
