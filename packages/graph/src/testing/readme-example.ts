import { adam, applyUpdates, grad, mean, mul, program, square, sub } from '@meow-rl/graph';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';

const optimizer = adam({ learningRate: 0.1 });
const fit = program(
  {
    inputs: { x: { shape: ['batch'] }, y: { shape: ['batch'] } },
    state: { slope: { shape: [1], initial: [0] }, ...optimizer.init(1) },
  },
  ({ x, y }, { slope, ...moments }) => {
    const loss = mean(square(sub(mul(slope, x), y)));
    const [gradient] = grad(loss, [slope]);
    const { updates, state } = optimizer.update(gradient, moments);
    return { outputs: { loss }, next: { slope: applyUpdates(slope, updates), ...state } };
  },
);
const step = await onnxRuntimeNode().load(fit);
for (let i = 0; i < 200; i += 1) await step.run({ x: [1, 2, 3], y: [2, 4, 6] });
console.log(step.state.read('slope')); // close to 2
