import { adam, adamState, grad, mean, mul, program, square, sub } from '@meow-rl/graph';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';

const fit = program(
  {
    inputs: { x: { shape: ['batch'] }, y: { shape: ['batch'] } },
    state: { slope: { shape: [1], initial: [0] }, ...adamState(1) },
  },
  ({ x, y }, { slope, ...moments }) => {
    const loss = mean(square(sub(mul(slope, x), y)));
    const [gradient] = grad(loss, [slope]);
    const next = adam(slope, gradient, moments, { learningRate: 0.1 });
    return { outputs: { loss }, next: { slope: next.parameters, ...next.state } };
  },
);
const step = await onnxRuntimeNode().load(fit);
for (let i = 0; i < 200; i += 1) await step.run({ x: [1, 2, 3], y: [2, 4, 6] });
console.log(step.readState('slope')); // close to 2
