"""Steps of a simulator in Python itself, without the bridge: what the bridge is measured against.

    python bridge_rate.py TASK NUM_ENVS      for each line of stdin, a number of seconds, a line with the vector steps per second

It makes the simulator as the server does, and steps it under random actions that are drawn before the clock starts.
"""

import sys
import time

import numpy as np
from meow_isaac_bridge.adapters import make_simulator
from meow_isaac_bridge.cli import parse


def main():
    task, rows = sys.argv[1], sys.argv[2]
    simulator = make_simulator(parse([task, "--num-envs", rows]).simulator)
    box = simulator.description.action
    generator = np.random.default_rng(0)
    actions = [
        generator.uniform(box.low, box.high, (int(rows), box.entries)).astype(box.dtype) for _ in range(64)
    ]
    simulator.reset(0, None)
    print("ready", file=sys.stderr, flush=True)
    for line in sys.stdin:
        seconds, steps = float(line), 0
        begun = time.perf_counter()
        while time.perf_counter() - begun < seconds:
            simulator.step(actions[steps % len(actions)])
            steps += 1
        print(f"stepsPerSecond {steps / (time.perf_counter() - begun)}", flush=True)
    simulator.close()


if __name__ == "__main__":
    main()
