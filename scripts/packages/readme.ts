/** A fenced block of a README. */
interface Block {
  readonly language: string;
  readonly text: string;
}

/** A program of a README. */
export interface Example {
  readonly file: string;
  readonly code: string;
  /** False of a file that another example starts. */
  readonly runs: boolean;
}

const blocksOf = (readme: string): readonly Block[] =>
  [...readme.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', text = '']) => ({
    language,
    text,
  }));

/** The arguments of a README's first `npm install`; none if it has no such line. */
export function installedBy(readme: string): readonly string[] {
  const lines = blocksOf(readme)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => text.split('\n'));
  return (
    lines
      .find((line) => line.startsWith('npm install '))
      ?.split(' ')
      .slice(2) ?? []
  );
}

/** A README's programs. One that begins with `// name.js` is that file, and only `main.js` of those is run. */
export const examplesOf = (readme: string): readonly Example[] =>
  blocksOf(readme)
    .filter(({ language }) => language === 'js' || language === 'ts')
    .map(({ language, text }, index) => {
      const named = /^\/\/ (\S+\.[jt]s)\n/.exec(text)?.[1];
      return {
        file: named ?? `example-${index + 1}.${language}`,
        code: text,
        runs: named === undefined || named === 'main.js',
      };
    });

/** What a program imports by name, Node's modules left out. */
export const importsOf = (code: string): readonly string[] =>
  [...code.matchAll(/(?:from |import\()'([^'.][^']*)'/g)]
    .map(([, specifier = '']) => specifier)
    .filter((specifier) => !specifier.startsWith('node:'));

/** The relative links of a README, without the part after #. */
export const linksOf = (readme: string): readonly string[] =>
  [...readme.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^\w+:/.test(target));
