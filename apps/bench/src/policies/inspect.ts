import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import { readPolicyFile } from '@meow-rl/export/node';

import { CliError, UsageError } from '../cli/errors.ts';
import { formatPairs, formatTable } from '../cli/table.ts';
import type { Ui } from '../cli/ui.ts';
import type { InspectConfig } from '../commands/inspect.ts';
import { describeFile, type FileDescription } from './describe-file.ts';
import { drawGraph } from './draw-graph.ts';

/** Shows what an exported file holds, and draws its graph if asked to. */
export async function inspect(file: string, { out }: InspectConfig, ui: Ui): Promise<void> {
  if (out !== undefined && path.extname(out) !== '.svg')
    throw new UsageError(`the graph is drawn in SVG, and ${out} is no .svg`, 'Give --out graph.svg.');
  const { bytes, decoded } = await readPolicyFile(file);
  const description = describeFile(bytes.length, decoded);
  if (out !== undefined) await writeDrawing(out, await drawGraph(decoded.model));
  ui.result({ file, ...description }, formatDescription(file, description));
  if (out !== undefined) ui.info(`\nthe graph is drawn in ${out}`);
}

async function writeDrawing(out: string, svg: string): Promise<void> {
  try {
    await writeFile(out, svg);
  } catch (error) {
    throw new CliError(`${out}: the drawing cannot be written: ${String(error)}`, 'Give another file.');
  }
}

const shapes = (values: FileDescription['inputs']): string =>
  values.map(({ name, type, shape }) => `${name} ${type} [${shape.join(', ')}]`).join('; ');

/** What errors are measured in. */
const errorUnit = ({ outputs }: FileDescription): string =>
  outputs.every(({ name }) => name === 'action')
    ? "in halves of an action's range"
    : 'relative, or absolute below 1; of actions in halves of their range';

function formatDescription(file: string, about: FileDescription): string {
  const { metadata, measured } = about;
  return [
    formatPairs({
      file: `${file}, ${about.bytes} bytes, ${about.precision}, format ${about.format}`,
      'SHA-256': about.sha256,
      algorithm: String(metadata.algorithm),
      environment: metadata.environment,
      'trained for': `${metadata.trainingSteps} steps`,
      'made by': Object.entries(metadata.versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(', '),
      inputs: shapes(about.inputs),
      outputs: shapes(about.outputs),
      'operator set': about.opsets.map(({ domain, version }) => `${domain}${version}`).join(', '),
      'IR version': about.irVersion,
      'runs on': `onnxruntime ${about.onnxRuntime} and newer`,
      parameters: about.parameters,
      ...(Object.keys(measured).length > 0 && {
        measured: Object.entries(measured)
          .map(([name, value]) => `${name} ${Number(value.toPrecision(6))}`)
          .join(', ')
          .concat('; errors ', errorUnit(about)),
      }),
    }),
    '',
    formatTable(
      ['module', 'weights', 'parameters', 'bytes'],
      about.modules.map(({ module, weights, parameters, bytes }) => [module, weights, parameters, bytes]),
    ),
    '',
    formatTable(
      ['operator', 'nodes'],
      about.operators.map(({ operator, nodes }) => [operator, nodes]),
    ),
  ].join('\n');
}
