"""Steps per second of Gymnasium's MuJoCo tasks, in one thread, under random actions, without the time of resets.

    env_speed.py ID STEPS     one JSON object on a line of its own
"""

import json
import sys
import time


def steps_per_second(env_id, steps):
    import gymnasium

    env = gymnasium.make(env_id)
    env.action_space.seed(0)
    env.reset(seed=0)
    # Drawn before the clock starts, as on the other side.
    actions = [env.action_space.sample() for _ in range(steps)]
    resets = 0.0
    begun = time.perf_counter()
    for action in actions:
        _, _, terminated, truncated, _ = env.step(action)
        if terminated or truncated:
            ended = time.perf_counter()
            env.reset()
            resets += time.perf_counter() - ended
    seconds = time.perf_counter() - begun - resets
    env.close()
    return steps / seconds


def main():
    env_id, steps = sys.argv[1], int(sys.argv[2])
    try:
        print(json.dumps({"stepsPerSecond": steps_per_second(env_id, steps)}), flush=True)
    except ImportError as error:
        print(json.dumps({"error": str(error)}), flush=True)


if __name__ == "__main__":
    main()
