// Builds the native part of @tensorflow/tfjs-node, or with --gpu of @tensorflow/tfjs-node-gpu, against the libtensorflow inside a current
// TensorFlow wheel of Python: what the package itself would download has been TensorFlow 2.9 since 2022. From npm and PyPI alone.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { goToUserFolder } from './user-folder.mjs';

const { platform, arch, env, versions } = process;
const NAME = 'setup:tfjs-node';
const TFJS = '4.22.0';
const TENSORFLOW = '2.21.0';
/** The wheels hold the same library for each Python; this one's are there for all platforms. */
const PYTHON_OF_WHEEL = '3.12';
/** The newest interface of Node's that tfjs-node looks for its binding under, `lib/napi-v8`. */
const NAPI = 8;

const { gpu } = (() => {
  try {
    return parseArgs({ options: { gpu: { type: 'boolean', default: false } } }).values;
  } catch (error) {
    return fail(`${error.message.replace(/\.?$/, '.')} Give nothing, or --gpu for NVIDIA's CUDA.`);
  }
})();

const name = gpu ? 'tfjs-node-gpu' : 'tfjs-node';
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = path.join(root, '.tfjs', name);
const packageFolder = path.join(folder, 'node_modules', '@tensorflow', name);
const tensorflow = path.join(folder, 'python', 'tensorflow');
const link = path.join(root, 'node_modules', '@tensorflow', name);
const record = path.join(folder, 'set-up.json');

/** The wheels of tensorflow[and-cuda] with CUDA's libraries. TensorFlow's looks for them in the folder beside it. */
const CUDA = [
  'nvidia-cublas-cu12==12.9.3.13',
  'nvidia-cuda-cupti-cu12==12.9.79',
  'nvidia-cuda-nvcc-cu12==12.9.86',
  'nvidia-cuda-nvrtc-cu12==12.9.86',
  'nvidia-cuda-runtime-cu12==12.9.79',
  'nvidia-cudnn-cu12==9.28.0.42',
  'nvidia-cufft-cu12==11.4.1.4',
  'nvidia-curand-cu12==10.3.10.19',
  'nvidia-cusolver-cu12==11.7.5.82',
  'nvidia-cusparse-cu12==12.5.10.65',
  'nvidia-nccl-cu12==2.32.3',
  'nvidia-nvjitlink-cu12==12.9.86',
];

/** @returns {never} */
function fail(message) {
  console.error(`${NAME}: ${message}`);
  process.exit(1);
}

/** Runs a program that prints what it does; ends with `hint` where it fails. */
function run(command, args, hint, options = {}) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', ...options });
  if (status === 0) return;
  fail(
    `${error ? `${command} can't be started (${error.code ?? error.message})` : `${command} ended with exit code ${status}, see above`}. ${hint}`,
  );
}

/** What a program prints; undefined where it can't be run. */
function outputOf(command, args) {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** The wheels to install. */
function requirements() {
  if (gpu) return [`tensorflow==${TENSORFLOW}`, ...CUDA];
  // TensorFlow's wheels for other processors than x64 are those for the CPU.
  return [arch === 'x64' ? `tensorflow-cpu==${TENSORFLOW}` : `tensorflow==${TENSORFLOW}`];
}

/** All that a set-up depends on; the binding knows its library by the folder. */
const wanted = JSON.stringify({ tfjs: TFJS, wheels: requirements(), platform, arch, napi: NAPI, folder });

function checkMachine() {
  const supported = gpu ? ['linux-x64'] : ['linux-x64', 'linux-arm64', 'darwin-arm64'];
  if (!supported.includes(`${platform}-${arch}`))
    fail(
      `TensorFlow ${TENSORFLOW} has no ${gpu ? 'wheel with CUDA' : 'wheel with its library'} for ${platform}-${arch}; it has for ${supported.join(', ')}. Use another engine: fused, onnxruntime, tfjs-wasm.`,
    );
  const compiler = env.CXX || 'c++';
  if (outputOf(compiler, ['--version']) === undefined)
    fail(
      `it needs a C++ compiler, and ${compiler} can't be run. Install one (Debian: apt-get install g++) or name it with CXX=path.`,
    );
  const python = env.PYTHON || 'python3';
  // PyPI's wheels are installed by pip of any Python 3.
  const version = outputOf(python, [
    '-c',
    'import sys; assert sys.version_info >= (3, 9); print(sys.version.split()[0])',
  ]);
  if (version === undefined)
    fail(
      `it needs Python 3.9 or newer to install wheels with, and ${python} is none. Install Python or name it with PYTHON=path.`,
    );
  if (outputOf(python, ['-m', 'pip', '--version']) === undefined)
    fail(
      `${python} (${version}) has no pip. Install it (Debian: apt-get install python3-pip) or name another Python with PYTHON=path.`,
    );
  return { compiler, python };
}

/** TensorFlow's wheel, and with --gpu those of CUDA, side by side as their library looks for them. */
function installWheels(python) {
  const target = path.join(folder, 'python');
  const installing = `${target}.new`;
  rmSync(installing, { recursive: true, force: true });
  run(
    python,
    [
      '-m',
      'pip',
      'install',
      '--no-deps',
      '--only-binary=:all:',
      '--python-version',
      PYTHON_OF_WHEEL,
      '--disable-pip-version-check',
      '--target',
      installing,
      ...requirements(),
    ],
    'It installs wheels from PyPI: see that the network and a few GB of disk are there, and run this again.',
    // As an option pips before 22.1 would refuse it.
    { env: { ...env, PIP_ROOT_USER_ACTION: 'ignore' } },
  );
  rmSync(target, { recursive: true, force: true });
  renameSync(installing, target);
}

/** The package without its install script, which would download. */
function installPackage() {
  const manifest = {
    private: true,
    dependencies: { [`@tensorflow/${name}`]: TFJS, 'node-api-headers': '^1.9.0' },
  };
  writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  run(
    'npm',
    ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'],
    'It installs packages from npm: see that the network is there, and run this again.',
    // npm would take the folder of the script that it runs for the project's.
    { cwd: folder, env: Object.fromEntries(Object.entries(env).filter(([key]) => !key.startsWith('npm_'))) },
  );
}

/** Compiles the binding against the wheel's headers and library. */
function compile(compiler) {
  const libraries =
    platform === 'darwin'
      ? ['libtensorflow_cc.2.dylib', 'libtensorflow_framework.2.dylib']
      : ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];
  const missing = libraries.find((library) => !existsSync(path.join(tensorflow, library)));
  if (missing)
    fail(`the wheel of TensorFlow ${TENSORFLOW} holds no ${missing}. Remove ${folder} and run this again.`);
  const target = path.join(packageFolder, 'lib', `napi-v${NAPI}`, 'tfjs_binding.node');
  mkdirSync(path.dirname(target), { recursive: true });
  run(
    compiler,
    [
      '-std=c++17',
      '-O2',
      '-fPIC',
      '-shared',
      `-DNAPI_VERSION=${NAPI}`,
      ...['include', '../../node_modules/node-api-headers/include'].flatMap((headers) => [
        '-I',
        path.join(tensorflow, headers),
      ]),
      ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((source) => path.join(packageFolder, 'binding', source)),
      ...libraries.map((library) => path.join(tensorflow, library)),
      `-Wl,-rpath,${tensorflow}`,
      ...(platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : []),
      '-o',
      target,
    ],
    'The binding of tfjs-node does not compile with it; name another C++ compiler with CXX=path.',
  );
}

/** Where packages of the workspace import it from. */
function makeLink() {
  mkdirSync(path.dirname(link), { recursive: true });
  if (lstatSync(link, { throwIfNoEntry: false })) rmSync(link, { recursive: true });
  symlinkSync(packageFolder, link, 'dir');
}

/** Multiplies two matrices. */
function check() {
  const program = `
    const util = require('node:util');
    util.isNullOrUndefined ??= (value) => value === null || value === undefined;
    const tf = require(${JSON.stringify(link)});
    const [product] = tf.matMul(tf.tensor2d([[1, 2]]), tf.tensor2d([[3], [4]])).dataSync();
    if (product !== 11) throw new Error('1 · 3 + 2 · 4 is ' + product);
    if (${gpu} && !tf.backend().isUsingGpuDevice) throw new Error('TensorFlow sees no GPU here');
  `;
  run(
    process.execPath,
    ['-e', program],
    gpu
      ? 'It is built, and needs an NVIDIA GPU with its driver.'
      : `The binding is built and does not work. Remove ${folder} and run this again.`,
    { env: { TF_CPP_MIN_LOG_LEVEL: '2', ...env } },
  );
}

const step = (number, text) => console.log(`${NAME}: ${number} of 4, ${text}`);

goToUserFolder();
mkdirSync(folder, { recursive: true });
const isSetUp = existsSync(record) && readFileSync(record, 'utf8') === wanted;
if (!isSetUp) {
  const { compiler, python } = checkMachine();
  rmSync(record, { force: true });
  step(1, `TensorFlow ${TENSORFLOW}${gpu ? ' with CUDA, about 4 GB' : ', about 260 MB'}, from PyPI`);
  installWheels(python);
  step(2, `@tensorflow/${name} ${TFJS} from npm`);
  installPackage();
  step(3, 'its binding is compiled');
  compile(compiler);
  writeFileSync(record, wanted);
}
makeLink();
step(4, 'a product is computed');
check();
console.log(
  `${NAME}: @tensorflow/${name} ${TFJS} runs on TensorFlow ${TENSORFLOW}, Node ${versions.node}${isSetUp ? '; it was set up already' : ''}. Use it with --engine ${name}. All of it is in ${folder}; delete that folder to be rid of it.`,
);
