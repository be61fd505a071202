"""Trains a contestant of `meow-bench race` and writes a folder that `meow-bench compare` reads too.

    race.py --contestant sb3-sac --env HalfCheetah-v5 --seed 0 --steps 20000 --warmup 5000 --out race/sb3-sac/seed-0

One environment, random actions up to `--warmup`, from then on one update a step with a batch of 256. What a contestant is has its own
defaults: those of CleanRL or of the authors for the versions here, those of the library for Stable-Baselines3 and sbx, with two layers of 256
and, for TD3, which explores with none there, noise of 0.1.

Every `--evaluate-every` steps it plays episodes with deterministic actions in an environment of its own, and appends them to metrics.jsonl;
`time` says when that was over and how long it took. Nothing is saved to go on from: a run that ended early is begun anew.
"""

import argparse
import importlib
import json
import os
import platform
import sys
import threading
import time
from pathlib import Path

from train_torch import EVALUATION_SEED, REPLAY_CAPACITY, evaluate, positive, write_json
from worker import pin_threads

BATCH_SIZE = 256


class Clock:
    """Seconds since it was made."""

    def __init__(self):
        self.begun = time.perf_counter()

    def seconds(self):
        return time.perf_counter() - self.begun


class Judge:
    """Evaluates a policy as it is due, and writes what came of it."""

    def __init__(self, options, env):
        self.options, self.env, self.clock = options, env, Clock()
        self.log = open(options.out / "metrics.jsonl", "w", buffering=1)

    def after(self, step, policy, updates):
        if step % self.options.evaluate_every != 0 and step != self.options.steps:
            return
        begun = self.clock.seconds()
        result = evaluate(policy, self.env, self.options.evaluation_episodes, EVALUATION_SEED + self.options.seed)
        ended = self.clock.seconds()
        line = {"type": "evaluation", "step": step, "updates": updates, **result, "time": {"seconds": ended, "duration": ended - begun}}
        self.log.write(json.dumps(line, allow_nan=False) + "\n")

    def close(self):
        self.log.close()
        self.env.close()


def train_torch(options, judge, algorithm, variant):
    """A version of this folder, in the loop that is measured by `speed --peers torch`."""
    import gymnasium
    import numpy as np
    import torch

    from loop_torch import Replay

    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    np.random.seed(options.seed)
    module = importlib.import_module(f"{algorithm}_settings")
    env = gymnasium.wrappers.RescaleAction(gymnasium.make(options.env), -1.0, 1.0)
    sizes = env.observation_space.shape[0], env.action_space.shape[0]
    preset, _ = getattr(module, "TASKS", {}).get(options.env.split("-v")[0], ({}, None))
    learner = importlib.import_module(f"{algorithm}_torch").Learner(module.Settings(*sizes, **preset), variant)
    replay = Replay(min(REPLAY_CAPACITY, options.steps), *sizes)
    observation, _ = env.reset(seed=options.seed)
    env.action_space.seed(options.seed)
    updates = 0
    judge.clock = Clock()
    for step in range(1, options.steps + 1):
        action = env.action_space.sample() if step <= options.warmup else learner.act(observation[None])[0]
        following, reward, terminated, truncated, _ = env.step(action)
        replay.add(observation, action, reward, following, terminated)
        observation = env.reset()[0] if terminated or truncated else following
        if step > options.warmup:
            learner.update(*replay.sample(BATCH_SIZE))
            updates += 1
        judge.after(step, learner, updates)
    env.close()
    return updates


class LibraryPolicy:
    """The policy of Stable-Baselines3 or sbx as `evaluate` asks for actions."""

    def __init__(self, model):
        self.model = model

    def mode(self, observations):
        return self.model.predict(observations, deterministic=True)[0]


def train_library(options, judge, module, algorithm):
    """A library's own loop, of which a callback evaluates."""
    import gymnasium
    import numpy as np
    import torch
    from stable_baselines3.common.callbacks import BaseCallback
    from stable_baselines3.common.noise import NormalActionNoise

    torch.set_num_threads(options.threads)

    class Evaluate(BaseCallback):
        def _on_step(self):
            # The update of this step comes after it.
            judge.after(self.num_timesteps, LibraryPolicy(self.model), self.model._n_updates)
            return True

    env = gymnasium.make(options.env)
    size = env.action_space.shape[0]
    noise = {"action_noise": NormalActionNoise(np.zeros(size), np.full(size, 0.1))} if algorithm == "TD3" else {}
    model = getattr(importlib.import_module(module), algorithm)(
        "MlpPolicy",
        env,
        **noise,
        batch_size=BATCH_SIZE,
        buffer_size=min(REPLAY_CAPACITY, options.steps),
        learning_starts=options.warmup,
        train_freq=1,
        gradient_steps=1,
        policy_kwargs={"net_arch": [256, 256]},
        device="cpu",
        seed=options.seed,
    )
    judge.clock = Clock()
    model.learn(options.steps, callback=Evaluate())
    return model._n_updates


CONTESTANTS = {
    "authors-meow": (train_torch, ("meow", "authors"), ("torch",)),
    "cleanrl-sac": (train_torch, ("sac", "cleanrl"), ("torch",)),
    "cleanrl-td3": (train_torch, ("td3", "cleanrl"), ("torch",)),
    "sb3-sac": (train_library, ("stable_baselines3", "SAC"), ("stable_baselines3", "torch")),
    "sb3-td3": (train_library, ("stable_baselines3", "TD3"), ("stable_baselines3", "torch")),
    "sbx-sac": (train_library, ("sbx", "SAC"), ("sbx", "jax")),
    "sbx-td3": (train_library, ("sbx", "TD3"), ("sbx", "jax")),
}


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--contestant", choices=CONTESTANTS, required=True)
    add("--env", required=True, help="task of Gymnasium with continuous actions, such as HalfCheetah-v5")
    add("--seed", type=int, default=0, help="of networks, noise, replay and task; default: 0")
    add("--steps", type=positive, required=True, help="environment steps")
    add("--warmup", type=positive, required=True, help="steps with random actions before the first update")
    add("--evaluate-every", type=positive, default=1000, help="steps between evaluations; default: 1000")
    add("--evaluation-episodes", type=positive, default=5, help="episodes of each; default: 5")
    add("--threads", type=positive, default=1, help="threads of the library that computes; default: 1")
    add("--out", type=Path, required=True, help="folder of the run, in which there is none yet")
    add("--while-asked", action="store_true", help="end when standard input does")
    options = parser.parse_args()
    if (options.out / "config.json").exists():
        parser.error(f"--out: {options.out} holds a run: give another folder, or delete it")
    return options


def end_with_input():
    """Ends this process when who started it has closed its standard input, or was killed."""
    sys.stdin.read()
    os._exit(143)


def main():
    options = parse()
    if options.while_asked:
        threading.Thread(target=end_with_input, daemon=True).start()
    pin_threads(options.threads)
    import gymnasium

    train, of, modules = CONTESTANTS[options.contestant]
    versions = {name: importlib.import_module(name).__version__ for name in (*modules, "gymnasium", "mujoco")}
    env = gymnasium.make(options.env)
    if train is train_torch:
        env = gymnasium.wrappers.RescaleAction(env, -1.0, 1.0)
    options.out.mkdir(parents=True, exist_ok=True)
    run = {
        "command": " ".join(["race.py", *sys.argv[1:]]),
        "algo": options.contestant,
        "env": options.env,
        "seed": options.seed,
        "steps": options.steps,
        "warmup": options.warmup,
        "evaluateEvery": options.evaluate_every,
        "evaluationEpisodes": options.evaluation_episodes,
        "threads": options.threads,
        "versions": {"python": platform.python_version(), **versions},
    }
    write_json(options.out / "config.json", run)
    judge = Judge(options, env)
    updates = train(options, judge, *of)
    seconds = judge.clock.seconds()
    judge.close()
    summary = {"algorithm": options.contestant, "environment": options.env, "seed": options.seed}
    counts = {"steps": options.steps, "updates": updates, "aborted": False, "trainSeconds": seconds}
    write_json(options.out / "summary.json", summary | counts)


if __name__ == "__main__":
    main()
