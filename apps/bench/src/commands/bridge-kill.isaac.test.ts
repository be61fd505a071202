import { describeBridgeKill } from '../testing/describe-bridge-kill.ts';

describeBridgeKill({
  env: 'isaac:Isaac-Ant-Direct',
  python: process.env['ISAAC_PYTHON'] ?? '',
  // The paper's settings, but for their size.
  argv: '--algo meow --num-envs 64 --warmup 1280 --steps 10000000 --updates-per-step 0.015625 --log-every 640 --checkpoint-every 3200 --evaluate-every 10000001'.split(
    ' ',
  ),
  moreSteps: 3200,
  repeats: false,
});
