import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mergeConfig, parseSettings, readConfigFile } from './config-file.ts';
import { trainSchema } from './config.ts';
import { UsageError } from './errors.ts';
import { temporaryFolder } from './testing/temporary.ts';
import { TRAIN_DEFAULTS } from './testing/train-defaults.ts';

async function configFile(name: string, text: string): Promise<string> {
  const path = join(await temporaryFolder(), name);
  await writeFile(path, text);
  return path;
}

const parse = (raw: Record<string, unknown>) => parseSettings(trainSchema, raw, 'a.yaml');

describe('readConfigFile', () => {
  it('reads the same settings from JSON and YAML', async () => {
    const settings = { seed: 1, agent: { learningRate: 0.001, hidden: [64, 64] } };
    const json = await configFile('a.json', JSON.stringify(settings, null, '\t'));
    const yaml = await configFile('a.yml', 'seed: 1\nagent:\n  learningRate: 1e-3\n  hidden: [64, 64]\n');
    expect(await readConfigFile(json)).toEqual(settings);
    expect(await readConfigFile(yaml)).toEqual(settings);
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
    ['b.yaml', 'seed: 1\nseed: 2\n', 2],
    ['c.yaml', 'a: b: c\n', 1],
    ['d.json', '{\n  "seed": 1,\n  "steps" 3\n}\n', 3],
    ['e.json', '{\n  "seed": 1', 2],
    ['f.json', '{\n  "seed": x\n}', 2],
    ['g.json', '{\n  "seed": 1,\n}', 3],
  ])('names file and line of a mistake: %s', async (name, text, line) => {
    const path = await configFile(name, text);
    const error: unknown = await readConfigFile(path).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UsageError);
    expect(String(error)).toMatch(/^UsageError: \S+, line \d+: [^\n]+\. Correct that line; [^\n]+\.$/);
    expect(String(error)).toContain(`${path}, line ${line}: `);
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
