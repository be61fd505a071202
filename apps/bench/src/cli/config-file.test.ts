import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { mergeConfig, readConfigFile } from './config-file.ts';
import { parseTrainSettings } from '../runs/train-settings.ts';
import { UsageError } from './errors.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { TRAIN_DEFAULTS } from '../testing/train-defaults.ts';

async function configFile(name: string, text: string | Uint8Array): Promise<string> {
  const path = join(await temporaryFolder(), name);
  await writeFile(path, text);
  return path;
}

const parse = (raw: Record<string, unknown>) => parseTrainSettings(raw, 'a.yaml');

describe('readConfigFile', () => {
  it('reads the same settings from JSON and YAML', async () => {
    const settings = { seed: 1, agent: { learningRate: 0.001, hidden: [64, 64] } };
    const json = await configFile('a.json', JSON.stringify(settings, null, '\t'));
    const yaml = await configFile('a.yml', 'seed: 1\nagent:\n  learningRate: 1e-3\n  hidden: [64, 64]\n');
    expect(await readConfigFile(json)).toEqual(settings);
    expect(await readConfigFile(yaml)).toEqual(settings);
  });

  it('leaves what it finds odd to its own messages: no warning of a library with a stack', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    onTestFinished(() => warned.mockRestore());
    expect(await readConfigFile(await configFile('a.yaml', 'seed: !unknown x\n'))).toEqual({ seed: 'x' });
    expect(warned).not.toHaveBeenCalled();
  });

  it('takes an empty file for no settings', async () => {
    expect(await readConfigFile(await configFile('a.yaml', '# nothing yet\n'))).toEqual({});
  });

  it("takes a run's config.json, leaving out what the run recorded", async () => {
    const path = await configFile(
      'config.json',
      '{ "command": "train", "seed": 2, "versions": { "node": "20" } }',
    );
    expect(await readConfigFile(path)).toEqual({ seed: 2 });
  });

  it.each([
    ['a.yaml', 'seed: 1\nagent: [1, 2\nsteps: 3\n', 3],
    ['c.yaml', 'a: b: c\n', 1],
    ['d.json', '{\n  "seed": 1,\n  "steps" 3\n}\n', 3],
    ['e.json', '{\n  "seed": 1', 2],
    ['f.json', '{\n  "seed": x\n}', 2],
    ['g.json', '{\n  "seed": 1,\n}', 3],
    ['h.yaml', 'seed: 1\nagent:\n\talpha: 1\n', 3],
  ])('names file and line of a mistake: %s', async (name, text, line) => {
    const path = await configFile(name, text);
    const error: unknown = await readConfigFile(path).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UsageError);
    expect(String(error)).toMatch(/^UsageError: \S+, line \d+: [^\n]+\. Correct that line; [^\n]+\.$/);
    expect(String(error)).toContain(`${path}, line ${line}: `);
  });

  it.each([
    ['a.json', '{ "seed": 1, "steps": 2, "seed": 3 }', 'line 1: seed is there twice, first in line 1.'],
    [
      'b.json',
      '{\n\t"agent": {\n\t\t"alpha": 1,\n\t\t"\\u0061lpha": 2\n\t}\n}',
      'line 4: agent.alpha is there twice, first in line 3.',
    ],
    ['c.json', '{"a": [{}, {"b": 1,\n"b": 1}]}', 'line 2: a.b is there twice, first in line 1.'],
    ['d.json', '{"__proto__": 1,\n"__proto__": 2}', 'line 2: __proto__ is there twice, first in line 1.'],
    ['a.yaml', 'seed: 1\nseed: 2\n', 'line 2: seed is there twice, first in line 1.'],
    [
      'b.yaml',
      'agent:\n  alpha: 1\n  hidden: [1]\n  "alpha": 1\n',
      'line 4: agent.alpha is there twice, first in line 2.',
    ],
    ['c.yaml', 'agent: { alpha: 1, alpha: 2 }\n', 'line 1: agent.alpha is there twice, first in line 1.'],
  ])('refuses a setting that is there twice: %s', async (name, text, message) => {
    const path = await configFile(name, text);
    const error: unknown = await readConfigFile(path).catch((reason: unknown) => reason);
    expect(error).toEqual(new UsageError(`${path}, ${message.slice(0, -1)}`, 'Keep the one that you mean.'));
  });

  it('lets objects share the names of their settings', async () => {
    const text = '{ "a": { "b": 1 }, "b": [{ "b": 2 }, { "b": 3 }] }';
    for (const name of ['a.json', 'a.yaml'])
      expect(await readConfigFile(await configFile(name, text))).toEqual(JSON.parse(text));
  });

  it.each([
    ['a.json', '{ "seed": 1, "env": "ü" }'],
    ['a.yaml', 'seed: 1\nenv: ü\n'],
  ])('takes a byte order mark in UTF-8 and UTF-16: %s', async (name, text) => {
    const marked = `\uFEFF${text}`;
    const little = Buffer.from(marked, 'utf16le');
    for (const bytes of [Buffer.from(marked), little, Buffer.from(little).swap16()])
      expect(await readConfigFile(await configFile(name, bytes))).toEqual({ seed: 1, env: 'ü' });
  });

  it.each([
    ['a.json', Buffer.from('{ "env": "\xfc" }', 'latin1'), 'it is no text in UTF-8'],
    ['a.yaml', Buffer.from('env: \xfc', 'latin1'), 'it is no text in UTF-8'],
    ['b.json', Buffer.from('{}', 'utf16le'), 'it holds zero bytes, so it is no text in UTF-8'],
  ])('refuses what is no text: %s', async (name, bytes, reason) => {
    const path = await configFile(name, bytes);
    const error: unknown = await readConfigFile(path).catch((cause: unknown) => cause);
    expect(error).toEqual(
      new UsageError(
        `can't read ${path}: ${reason}`,
        'Give --config a JSON or YAML file in UTF-8, which every editor can save.',
      ),
    );
  });

  it.each([
    ['a.json', '', ' is empty. Write {} into it where there are no settings.'],
    ['b.json', '\uFEFF \n', ' is empty. Write {} into it where there are no settings.'],
    ['c.json', '{"seed":\u00A01}', ", line 1: unexpected token 'U+00A0'. Correct that line; "],
    ['d.json', '\uFEFF\uFEFF{}', ": unexpected token 'U+FEFF'. Correct that line; "],
    ['a.yaml', 'a: 1\n---\nb: 1\n', ', line 2: source contains multiple documents. Correct that line; '],
  ])('says what is wrong where that is hard to see: %s', async (name, text, message) => {
    const path = await configFile(name, text);
    await expect(readConfigFile(path)).rejects.toThrow(`${path}${message}`);
  });

  it('does not take YAML for JSON, nor an alias without its anchor', async () => {
    const quotes = await readConfigFile(await configFile('h.json', "{'seed': 1}")).catch(String);
    expect(quotes).toMatch(/^UsageError: .*h\.json.*: .*Correct that line/);
    const alias = await readConfigFile(await configFile('h.yaml', 'seed: *x\n')).catch(String);
    expect(alias).toMatch(/^UsageError: .*h\.yaml.*: unresolved alias/);
  });

  it('refuses a list', async () => {
    const path = await configFile('a.yaml', '- 1\n');
    await expect(readConfigFile(path)).rejects.toThrow(`${path} holds a list, not settings.`);
  });

  it('says that a file is missing or a folder', async () => {
    const folder = await temporaryFolder();
    await expect(readConfigFile(join(folder, 'no.yaml'))).rejects.toThrow(
      /can't read .*: there is no such file\./,
    );
    await expect(readConfigFile(folder)).rejects.toThrow(/can't read .*: it is a folder\./);
  });
});

describe('mergeConfig', () => {
  it('lays objects over objects and replaces the rest, lists whole', () => {
    const base = { seed: 1, agent: { alpha: 1, hidden: [1, 2, 3] } };
    expect(mergeConfig(base, { seed: 2, agent: { hidden: [4] } })).toEqual({
      seed: 2,
      agent: { alpha: 1, hidden: [4] },
    });
    expect(base.agent.hidden).toEqual([1, 2, 3]);
  });

  it('keeps every name, so that none is passed over', () => {
    const over: Record<string, unknown> = JSON.parse('{ "__proto__": { "seed": 1 } }');
    expect(Object.entries(mergeConfig({}, over))).toEqual([['__proto__', { seed: 1 }]]);
    expect(() => parse(mergeConfig({}, over))).toThrow('unknown setting __proto__');
  });
});

describe('parseSettings', () => {
  it('fills in defaults and leaves out what the preset decides', () => {
    expect(parse({})).toEqual(TRAIN_DEFAULTS);
  });

  it.each([
    [{ sede: 1 }, 'a.yaml: unknown setting sede. Did you mean seed?'],
    [{ num_envs: 1 }, 'a.yaml: unknown setting num_envs. Did you mean numEnvs?'],
    [{ alpha: 1 }, 'a.yaml: unknown setting alpha. Did you mean agent.alpha?'],
    [
      { agent: { learning_rate: 1 } },
      'a.yaml: unknown setting agent.learning_rate. Did you mean agent.learningRate?',
    ],
    [{ agent: { seed: 1 } }, 'a.yaml: unknown setting agent.seed. Did you mean seed?'],
    [
      { steps: Number.NaN },
      "a.yaml: steps can't be NaN. Give a positive integer (environment steps to train for).",
    ],
    [{ steps: -3 }, "a.yaml: steps can't be -3. Give a positive integer (environment steps to train for)."],
    [{ agent: 3 }, 'a.yaml: agent can\'t be 3. Write one "name: value" per line below it.'],
    [
      { agent: { hidden: [64, 0.5] } },
      "a.yaml: agent.hidden can't be [64,0.5]. Give a list of positive integers such as 64,64 (hidden layers of the couplings and the prior).",
    ],
  ])('explains %j', (raw, message) => {
    expect(() => parse(raw)).toThrow(new UsageError(...split(message)));
  });

  it('lists the settings when nothing is near', () => {
    expect(() => parse({ xylophone: 1 })).toThrow(
      /unknown setting xylophone\. The settings are algo, env, .*agent\.alpha/,
    );
  });
});

function split(message: string): [string, string] {
  const at = message.indexOf('. ');
  return [message.slice(0, at), message.slice(at + 2)];
}
