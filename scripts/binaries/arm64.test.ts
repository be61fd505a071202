import { execFile, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import { program, referenceRuntime, serialize } from '../../packages/graph/src/index.ts';
import { afterAll, describe, expect, test } from 'vitest';

import {
  inputKind,
  instruction,
  NONE,
  outputKind,
} from '../../packages/graph/src/lowering/fusion/instructions.ts';
import { interpret } from '../../packages/graph/src/lowering/fusion/interpret.ts';
import { product } from '../../packages/graph/src/lowering/products/product.ts';
import { expectClose } from '../../packages/graph/src/testing/expect-close.ts';
import { numbersBetween } from '../../packages/graph/src/testing/random.ts';
import { fusedModel } from '../../packages/onnxruntime-fused/src/testing/fused-model.ts';
import type { FusedModel } from '../../packages/onnxruntime-fused/src/testing/fused-model.ts';
import { binaryOf, ENGINE, hasTools, NODE_ARM64, platforms } from './places.mjs';

const EMULATOR = 'qemu-aarch64-static';
/** Debian's libraries for arm64; the variable is the emulator's. */
const libraries = path.join(process.env['QEMU_LD_PREFIX'] ?? '/usr/aarch64-linux-gnu', 'lib');

/** Whether arm64 can be emulated here; says where not that the tests are skipped. */
function hasEmulator(): boolean {
  if (!hasTools()) return false;
  const runs = spawnSync(EMULATOR, ['--version']).status === 0;
  if (runs && existsSync(path.join(libraries, 'libstdc++.so.6'))) return true;
  const what = `There is no ${EMULATOR}, or no libraries for it. Install Debian's qemu-user-static and libstdc++6-arm64-cross`;
  if (process.env['CI']) throw new Error(`${what}: CI runs the tests that need them.`);
  console.warn(`${what}, to run the tests that need them; they are skipped.`);
  return false;
}

/** A model, what it is given, and what it must give. */
interface Case {
  readonly model: Uint8Array;
  readonly inputs: Readonly<
    Record<string, { readonly dims: readonly number[]; readonly data: Float32Array }>
  >;
  readonly outputs: Readonly<
    Record<string, { readonly dims: readonly number[]; readonly data: ArrayLike<number> }>
  >;
  readonly tolerance: number;
}

const values = (seed: number, count: number, from: number, to: number) =>
  Float32Array.from(numbersBetween(seed, count, from, to));

/** Every instruction once, of a size. */
function chainCase([rows, columns]: readonly [number, number]): Case {
  const { full, row, column } = inputKind;
  const pairs = ['add', 'sub', 'mul', 'div', 'minimum', 'maximum', 'isGreater', 'isEqual'] as const;
  const singles = ['neg', 'exp', 'log', 'sqrt', 'abs', 'sigmoid', 'reciprocal', 'tanh', 'rowSum'] as const;
  const triples = ['mulAdd', 'mulSub', 'subMul', 'mulMul', 'select'] as const;
  const first = 3;
  // The first after the inputs, 28 outputs and a constant.
  const register = first + 29;
  const code = [
    ...pairs.map((name, i) => [instruction[name], first + i, i % 3, (i + 1) % 3, NONE]),
    ...singles.map((name, i) => [instruction[name], first + 8 + i, i % 3, NONE, NONE]),
    ...triples.map((name, i) => [instruction[name], first + 17 + i, i % 3, (i + 1) % 3, (i + 2) % 3]),
    [instruction.mulSigmoid, first + 22, 0, 1, NONE],
    // Within where there is one.
    [instruction.tanh, register, 0, NONE, NONE],
    [instruction.atanh, first + 23, register, NONE, NONE],
    [instruction.standardize, first + 24, 0, first + 28, NONE],
    [instruction.mulRowSum, first + 25, 0, 1, NONE],
    [instruction.mulSumRows, first + 26, 0, 2, NONE],
    [instruction.first, first + 27, first, NONE, NONE],
  ];
  const model: FusedModel = {
    size: [rows, columns],
    inputs: [
      { kind: full, elements: rows * columns },
      { kind: row, elements: columns },
      { kind: column, elements: rows },
    ],
    outputs: [
      ...Array.from({ length: 26 }, () => ({ kind: outputKind.full, shape: [rows, columns] })),
      { kind: outputKind.row, shape: [columns] },
      { kind: outputKind.column, shape: [rows] },
    ],
    constants: [1e-3],
    code,
  };
  const data = model.inputs.map(({ elements }, i) => values(i + 1, elements, 0.1, 0.9));
  const expected = interpret(
    data.map((array) => Float64Array.from(array)),
    {
      rows,
      columns,
      inputs: model.inputs.map(({ kind }) => kind),
      outputs: model.outputs.map(({ kind }) => kind),
      outputShapes: [],
      constants: [Math.fround(1e-3)],
      code: model.code.flat(),
    },
  );
  return {
    model: fusedModel(model),
    inputs: Object.fromEntries(data.map((array, i) => [`x${i}`, { dims: [array.length], data: array }])),
    outputs: Object.fromEntries(
      model.outputs.map(({ shape }, i) => [`y${i}`, { dims: shape, data: expected[i] ?? [] }]),
    ),
    tolerance: 4e-6,
  };
}

/** One product. */
async function productCase(
  [rows, inner, columns]: readonly [number, number, number],
  transposeA: boolean,
  transposeB: boolean,
): Promise<Case> {
  const dims = {
    a: transposeA ? [inner, rows] : [rows, inner],
    b: transposeB ? [columns, inner] : [inner, columns],
    bias: [columns],
  };
  const built = program(
    { inputs: { a: { shape: dims.a }, b: { shape: dims.b }, bias: { shape: dims.bias } }, state: {} },
    ({ a, b, bias }) => ({
      outputs: { y: product([a, b, bias], { transposeA, transposeB, rectified: true }) },
    }),
  );
  const data = {
    a: values(1, rows * inner, -1, 1),
    b: values(2, inner * columns, -1, 1),
    bias: values(3, columns, -1, 1),
  };
  const { y } = await (await referenceRuntime.load(built)).run(data);
  return {
    model: serialize(built),
    inputs: {
      a: { dims: dims.a, data: data.a },
      b: { dims: dims.b, data: data.b },
      bias: { dims: dims.bias, data: data.bias },
    },
    outputs: { y: { dims: [rows, columns], data: y } },
    tolerance: 2e-6 * Math.sqrt(inner),
  };
}

const folder = mkdtempSync(path.join(tmpdir(), 'meow-arm64-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What Linux says of a processor for arm64, a Neoverse N1. */
const PROCESSOR = `processor\t: 0
BogoMIPS\t: 50.00
Features\t: fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp
CPU implementer\t: 0x41
CPU architecture: 8
CPU variant\t: 0x3
CPU part\t: 0xd0c
CPU revision\t: 1
`;

/**
 * A folder where the emulator looks for files before it takes those of the machine: libraries, and what Linux says of the
 * processor. onnxruntime, which reads that, does not survive what is said of another kind.
 */
function makeRoot(): string {
  const root = path.join(folder, 'root');
  mkdirSync(path.join(root, 'proc'), { recursive: true });
  symlinkSync(libraries, path.join(root, 'lib'));
  writeFileSync(path.join(root, 'proc', 'cpuinfo'), PROCESSOR);
  return root;
}

/** Runs cases on the emulator; returns what Node there says, and all results. */
async function runCases(cases: readonly Case[]) {
  const platform = platforms.find(({ name }) => name === 'linux-arm64-gnu');
  if (!platform) throw new Error('there is no platform linux-arm64-gnu');
  const write = (file: string, data: Uint8Array | Float32Array) => {
    writeFileSync(path.join(folder, file), data);
    return file;
  };
  const engine = createRequire(path.join(ENGINE, 'package.json')).resolve('onnxruntime-node/package.json');
  const described = cases.map(({ model, inputs, outputs }, i) => ({
    model: write(`model${i}.onnx`, model),
    inputs: Object.fromEntries(
      Object.entries(inputs).map(([name, { dims, data }]) => [
        name,
        { dims, file: write(`${i}-${name}`, data) },
      ]),
    ),
    outputs: Object.fromEntries(
      Object.entries(outputs).map(([name, { dims }]) => [name, { dims, file: `${i}-${name}` }]),
    ),
  }));
  const library = path.join(path.dirname(engine), 'bin/napi-v6/linux/arm64/libonnxruntime.so.1');
  const description = { addon: binaryOf(platform), library, cases: described };
  writeFileSync(path.join(folder, 'cases.json'), JSON.stringify(description));
  const script = path.join(import.meta.dirname, 'run-models.cjs');
  const { stdout } = await promisify(execFile)(EMULATOR, [
    '-cpu',
    'neoverse-n1',
    '-L',
    makeRoot(),
    NODE_ARM64,
    script,
    folder,
  ]);
  const results = described.map(({ outputs }) =>
    Object.fromEntries(
      Object.entries(outputs).map(([name, { file }]) => {
        const { buffer, byteOffset, byteLength } = readFileSync(path.join(folder, file));
        return [name, new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength))];
      }),
    ),
  );
  return { machine: JSON.parse(stdout), results };
}

describe.skipIf(!hasEmulator())('the addon for arm64, on an emulator', () => {
  test('computes every instruction and products as they are defined', async () => {
    const sizes = [
      [7, 17],
      [256, 64],
      [1, 3000],
      [600, 1],
      [3, 700],
    ] as const;
    const products = [
      [1, 1, 1],
      [13, 7, 9],
      [29, 33, 17],
      [12, 515, 8],
      [64, 64, 40],
    ] as const;
    const cases = [
      ...sizes.map(chainCase),
      ...(await Promise.all(
        products.flatMap((size) =>
          [false, true].flatMap((a) => [false, true].map((b) => productCase(size, a, b))),
        ),
      )),
    ];
    const { machine, results } = await runCases(cases);
    expect(machine).toMatchObject({ arch: 'arm64', instructionSets: ['plain'] });
    for (const [i, { outputs, tolerance }] of cases.entries())
      for (const [name, { data }] of Object.entries(outputs)) {
        const size = Math.max(1, ...Array.from(data, Math.abs));
        const scaled = (numbers: ArrayLike<number>) => Array.from(numbers, (value) => value / size);
        expectClose(scaled(results[i]?.[name] ?? []), scaled(data), tolerance, `case ${i}, ${name}`);
      }
  });
});
