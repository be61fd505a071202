/**
 * URL of a module in the folder of another one, for threads to start with: of its source beside a source, of what is published
 * beside that.
 *
 * @param name of the file, without its ending
 * @param url `import.meta.url` of the other one
 */
export const siblingModule = (name: string, url: string): URL =>
  new URL(`./${name}.${url.endsWith('.ts') ? 'ts' : 'js'}`, url);
