import type { Setting as AlgorithmSetting } from '@meow-rl/learner/settings';
import { z } from 'zod';

/** What the command line says about a setting. */
export interface SettingInfo {
  readonly description: string;
  /** Completes "Give ...", such as `a positive integer`. */
  readonly expects: string;
  /** What `--help` shows between the flag and its description: `<n>`. */
  readonly placeholder?: string;
  /** What holds when the setting is left out and has no default of its own: `from the preset`. */
  readonly whenAbsent?: string;
}

/** Descriptions of the settings, kept beside their schemas. */
export const settingInfo = z.registry<SettingInfo>();

/** One setting of a schema: a leaf, with where it is and what it accepts. */
export interface Setting {
  /** `['agent', 'learningRate']` */
  readonly path: readonly string[];
  readonly info: SettingInfo;
  readonly kind: 'number' | 'list' | 'words' | 'text' | 'switch';
  /** Accepts one value of this setting, without regard to a default. */
  readonly schema: z.ZodType;
  readonly defaultValue?: unknown;
}

function describe<S extends z.ZodType>(schema: S, info: SettingInfo): S {
  settingInfo.add(schema, info);
  return schema;
}

/** A setting that may be left out: its key is then absent, not undefined. */
export function optional<S extends z.ZodType>(schema: S, whenAbsent: string): z.ZodExactOptional<S> {
  const info = settingInfo.get(schema);
  if (info) describe(schema, { ...info, whenAbsent });
  return schema.exactOptional();
}

/** A setting whose value the preset gives where nobody else does. */
export const fromPreset = <S extends z.ZodType>(schema: S) => optional(schema, 'from the preset');

/** A whole number above zero. */
export const positiveInteger = (description: string) =>
  describe(z.int().positive(), { description, expects: 'a positive integer', placeholder: 'n' });

/** A whole number, zero or above. */
export const wholeNumber = (description: string) =>
  describe(z.int().nonnegative(), { description, expects: 'an integer of at least 0', placeholder: 'n' });

/** A number by a rule of the package that it is for. */
export const number = (
  { holds, expected }: Pick<AlgorithmSetting<unknown>, 'holds' | 'expected'>,
  description: string,
  placeholder = 'x',
) => describe(z.number().refine(holds), { description, expects: expected, placeholder });

/** A number above zero. */
export const positiveNumber = (description: string) =>
  describe(z.number().positive(), { description, expects: 'a number above 0', placeholder: 'x' });

/** A number between zero and one, neither included. */
export const share = (description: string) =>
  describe(z.number().gt(0).lt(1), {
    description,
    expects: 'a number between 0 and 1, such as 0.95',
    placeholder: 'p',
  });

/** Widths of layers by a rule of the package that they are for: `64,64` on the command line. */
export const widths = (
  { holds, expected }: Pick<AlgorithmSetting<unknown>, 'holds' | 'expected'>,
  description: string,
) => describe(z.array(z.number()).refine(holds), { description, expects: expected, placeholder: 'n,n' });

/** Names: `HalfCheetah-v5,Ant-v5` on the command line. */
export const words = (description: string, placeholder: string) =>
  describe(z.array(z.string().min(1)).min(1), {
    description,
    expects: 'a list of names such as a,b',
    placeholder,
  });

/** A text that isn't empty. */
export const word = (description: string, placeholder = 'name') =>
  describe(z.string().min(1), { description, expects: 'a text', placeholder });

/** One of some names. */
export const oneOf = <const Names extends readonly [string, ...string[]]>(
  names: Names,
  description: string,
) => describe(z.enum(names), { description, expects: `one of ${names.join(', ')}`, placeholder: 'name' });

/** A switch: `--stochastic`. */
export const toggle = (description: string) =>
  describe(z.boolean(), { description, expects: 'true or false' }).default(false);

/** The settings of a schema in its order, those of nested objects included. */
export function settingsOf(schema: z.ZodObject, path: readonly string[] = []): Setting[] {
  return Object.entries(schema.shape).flatMap(([key, field]) => {
    const at = [...path, key];
    const { core, ...rest } = unwrap(field);
    if (core instanceof z.ZodObject) return settingsOf(core, at);
    const info = core instanceof z.ZodType ? settingInfo.get(core) : undefined;
    if (!info || !(core instanceof z.ZodType)) throw new Error(`setting ${at.join('.')} has no description.`);
    return [{ path: at, info, kind: kindOf(core), schema: core, ...rest }];
  });
}

function unwrap(field: z.core.$ZodType): { core: z.core.$ZodType; defaultValue?: unknown } {
  if (field instanceof z.ZodDefault)
    return { ...unwrap(field.unwrap()), defaultValue: field.def.defaultValue };
  if (field instanceof z.ZodPrefault)
    return { ...unwrap(field.unwrap()), defaultValue: field.def.defaultValue };
  if (field instanceof z.ZodOptional || field instanceof z.ZodExactOptional) return unwrap(field.unwrap());
  return { core: field };
}

function kindOf(schema: z.ZodType): Setting['kind'] {
  if (schema instanceof z.ZodBoolean) return 'switch';
  if (schema instanceof z.ZodArray) return schema.element instanceof z.ZodString ? 'words' : 'list';
  return schema instanceof z.ZodNumber ? 'number' : 'text';
}
