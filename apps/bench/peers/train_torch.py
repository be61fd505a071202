"""Trains a peer on a Gymnasium task and writes a folder that `meow-bench compare` reads beside its own runs.

    train_torch.py --algorithm meow --env Walker2d-v5 --seed 1 --steps 150000 --out runs/torch-walker-1
"""

import argparse
import dataclasses
import importlib
import json
import math
import os
import platform
import signal
import sys
import time
from pathlib import Path

from worker import pin_threads

# Variants of the algorithms that can be trained: their settings have TASKS, their Learner has mode, diagnose and state.
VARIANTS = {"meow": ("lean", "authors")}
DIAGNOSE_EVERY = 100
PROGRESS_SECONDS = 5
REPLAY_CAPACITY = 1_000_000
# Evaluations begin in other states than training.
EVALUATION_SEED = 1_000_000
# Names of `meow-bench`'s metrics where the peer's differ.
METRIC_NAMES = {"gradNorm": "gradientNorm"}

EPILOG = """\
Settings are those of meow-bench's preset of the task: one update a step, a replay of 1e6, random actions before the first
update, float32. Change them by --set, such as --set alpha=0.25 --set batch_size=128.

Written to --out: config.json, metrics.jsonl with the events of meow-bench (episode, metrics, evaluation), summary.json at the
end, checkpoint.pt with the parameters, the target's and Adam's state. A killed run can't be resumed: the replay is not kept.
Ctrl-C and SIGTERM save a checkpoint and end the run. `meow-bench compare FOLDER...` shows it as `<algorithm>-torch`.

Every 100 updates it reports the policy's entropy and `beyondMargin`, the share of sampled actions with an entry beyond the
margin of the clip, |z| > atanh(1 - 1e-5).
"""


def positive(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"expected a positive integer, got {text}")
    return value


def parse():
    parser = argparse.ArgumentParser(
        description="Trains a PyTorch peer on a Gymnasium task, in one thread.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--algorithm", choices=VARIANTS, default="meow", help="default: meow")
    add("--variant", help="how the peer is written; default: the algorithm's first of " + json.dumps(VARIANTS))
    add("--env", required=True, help="task of Gymnasium with continuous actions, such as Walker2d-v5")
    add("--seed", type=int, default=0, help="of networks, noise, replay and task; default: 0")
    add("--steps", type=positive, required=True, help="environment steps")
    add("--warmup", type=positive, help="steps with random actions; default: the preset's")
    add("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the algorithm; may be repeated")
    add("--evaluate-every", type=positive, default=10_000, help="steps between evaluations; default: 10000")
    add("--evaluation-episodes", type=positive, default=10, help="episodes of each, actions deterministic; default: 10")
    add("--log-every", type=positive, default=1000, help="steps between metrics; default: 1000")
    add("--checkpoint-every", type=positive, default=10_000, help="steps between checkpoints; default: 10000")
    add("--out", type=Path, required=True, help="folder of the run; has to be empty or new")
    options = parser.parse_args()
    variants = VARIANTS[options.algorithm]
    options.variant = options.variant or variants[0]
    if options.variant not in variants:
        parser.error(f"--variant: {options.algorithm} has {', '.join(variants)}, not {options.variant}")
    if options.out.exists() and (not options.out.is_dir() or any(options.out.iterdir())):
        parser.error(f"--out: {options.out} is not an empty folder: give another, or delete it")
    options.parser = parser
    return options


def settings_for(options, env):
    """The algorithm's settings for a task, and its steps with random actions."""
    module = importlib.import_module(f"{options.algorithm}_settings")
    task = options.env.rsplit("/", 1)[-1].split("-v")[0]
    preset, warmup = module.TASKS.get(task, ({}, None))
    if options.warmup is None and warmup is None:
        options.parser.error(f"--env: {options.algorithm} has settings for {', '.join(module.TASKS)}; for {task} give --warmup")
    sizes = {"observation_size": env.observation_space.shape[0], "action_size": env.action_space.shape[0]}
    fields = {field.name for field in dataclasses.fields(module.Settings)} - sizes.keys()
    changes = {}
    for text in options.set:
        name, equals, value = text.partition("=")
        if not equals or name not in fields:
            options.parser.error(f"--set: expected NAME=VALUE with a name of {', '.join(sorted(fields))}, got {text}")
        try:
            parsed = json.loads(value)
        except ValueError:
            options.parser.error(f"--set: {name} has to be a number, or a list such as [64,64], not {value}")
        changes[name] = tuple(parsed) if isinstance(parsed, list) else parsed
    return module.Settings(**sizes, **(preset | changes)), options.warmup or warmup


def camel_case(name):
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def write_json(path, value):
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(value, indent=2, allow_nan=False) + "\n")
    os.replace(temporary, path)


def config_of(options, settings, warmup, versions):
    """What `compare` needs of config.json, and by which it tells experiments apart: the names are those of meow-bench."""
    sizes = ("observation_size", "action_size")
    agent = {camel_case(name): value for name, value in dataclasses.asdict(settings).items() if name not in sizes}
    return {
        "command": " ".join(["train_torch.py", *sys.argv[1:]]),
        "algo": f"{options.algorithm}-torch",
        "env": options.env,
        "seed": options.seed,
        "steps": options.steps,
        "warmup": warmup,
        "numEnvs": 1,
        "updatesPerStep": 1,
        "bufferSize": REPLAY_CAPACITY,
        "evaluateEvery": options.evaluate_every,
        "evaluationEpisodes": options.evaluation_episodes,
        "deterministicOnly": True,
        "logEvery": options.log_every,
        "checkpointEvery": options.checkpoint_every,
        "threads": 1,
        "agent": {"variant": options.variant, **agent},
        "versions": versions,
    }


class Averages:
    """Means by name since they were last taken."""

    def __init__(self):
        self.values = {}

    def add(self, metrics):
        for name, value in metrics.items():
            number = float(value)
            if not math.isfinite(number):
                raise ArithmeticError(f"{name} is {number}: the run has diverged")
            self.values.setdefault(METRIC_NAMES.get(name, name), []).append(number)

    def take(self):
        means = {name: math.fsum(numbers) / len(numbers) for name, numbers in self.values.items()}
        self.values = {}
        return means


def evaluate(learner, env, episodes, seed):
    """Whole episodes with the deterministic action, as `meow-bench` writes them."""
    returns, lengths, ends = [], [], []
    for episode in range(episodes):
        observation, _ = env.reset(seed=seed if episode == 0 else None)
        total, length, terminated, truncated = 0.0, 0, False, False
        while not (terminated or truncated):
            observation, reward, terminated, truncated, _ = env.step(learner.mode(observation[None])[0])
            total += float(reward)
            length += 1
        returns.append(total)
        lengths.append(length)
        ends.append(bool(terminated))
    mean = math.fsum(returns) / episodes
    return {
        "actions": "deterministic",
        "returns": returns,
        "lengths": lengths,
        "terminated": ends,
        "mean": mean,
        "standardDeviation": math.sqrt(math.fsum((value - mean) ** 2 for value in returns) / episodes),
    }


class Run:
    """A training run: its folder, what it has counted, and the loop."""

    def __init__(self, options, learner, settings, warmup, envs, torch):
        from loop_torch import Replay

        self.options, self.learner, self.torch = options, learner, torch
        self.settings, self.warmup = settings, warmup
        self.env, self.evaluation_env = envs
        capacity = min(REPLAY_CAPACITY, options.steps)
        self.replay = Replay(capacity, settings.observation_size, settings.action_size)
        self.log_file = open(options.out / "metrics.jsonl", "w", buffering=1)
        self.averages = Averages()
        self.step = self.updates = self.episodes = 0
        self.recent = []
        self.update_seconds = 0.0
        self.latest = {}
        self.begun = time.perf_counter()

    def seconds(self):
        return time.perf_counter() - self.begun

    def log(self, kind, **fields):
        self.log_file.write(json.dumps({"type": kind, "step": self.step, **fields}, allow_nan=False) + "\n")

    def update(self):
        begun = time.perf_counter()
        batch = self.replay.sample(self.settings.batch_size)
        self.averages.add(self.learner.update(*batch))
        self.updates += 1
        self.update_seconds += time.perf_counter() - begun
        if self.updates % DIAGNOSE_EVERY == 0:
            self.averages.add(self.learner.diagnose(batch[0]))

    def end_episode(self, total, length, terminated):
        self.episodes += 1
        self.recent = [*self.recent[-99:], (total, length)]
        self.log("episode", environment=0, **{"return": total}, length=length, terminated=bool(terminated))

    def log_metrics(self, since):
        """`since` is the second and the updates of the metrics before."""
        seconds, updates = since
        count = len(self.recent)
        means = [sum(values) / count for values in zip(*self.recent)]
        update = self.averages.take()
        self.latest.update(update)
        done = self.updates - updates
        timing = {"seconds": self.seconds(), "stepsPerSecond": self.options.log_every / (self.seconds() - seconds)}
        if done > 0:
            timing["updateMilliseconds"] = 1000 * self.update_seconds / done
        self.update_seconds = 0.0
        self.log(
            "metrics",
            updates=self.updates,
            episodes=self.episodes,
            **dict(zip(("meanReturn", "meanLength"), means)),
            update=update,
            replaySize=self.replay.size,
            time=timing,
        )
        return self.seconds(), self.updates

    def evaluate(self):
        begun = self.seconds()
        seed = EVALUATION_SEED + self.options.seed
        result = evaluate(self.learner, self.evaluation_env, self.options.evaluation_episodes, seed)
        self.latest["return"] = result["mean"]
        time_taken = {"seconds": self.seconds(), "duration": self.seconds() - begun}
        self.log("evaluation", updates=self.updates, **result, time=time_taken)

    def save(self):
        path = self.options.out / "checkpoint.pt"
        self.torch.save({"step": self.step, **self.learner.state()}, path.with_suffix(".tmp"))
        os.replace(path.with_suffix(".tmp"), path)

    def train(self):
        options, env = self.options, self.env
        observation, _ = env.reset(seed=options.seed)
        env.action_space.seed(options.seed)
        total, length = 0.0, 0
        since = (0.0, 0)
        shown = 0.0
        while self.step < options.steps:
            random = self.step < self.warmup
            action = env.action_space.sample() if random else self.learner.act(observation[None])[0]
            following, reward, terminated, truncated, _ = env.step(action)
            self.replay.add(observation, action, reward, following, terminated)
            self.step += 1
            total, length, observation = total + float(reward), length + 1, following
            if terminated or truncated:
                self.end_episode(total, length, terminated)
                observation, _ = env.reset()
                total, length = 0.0, 0
            if self.step > self.warmup:
                self.update()
            if self.step % options.log_every == 0:
                since = self.log_metrics(since)
            if self.step % options.evaluate_every == 0 or self.step == options.steps:
                self.evaluate()
            if self.step % options.checkpoint_every == 0:
                self.save()
            if self.seconds() - shown > PROGRESS_SECONDS:
                shown = self.seconds()
                self.show()

    def show(self):
        names = ("loss", "meanQ", "entropy", "beyondMargin", "return")
        shown = ", ".join(f"{name} {self.latest[name]:.4g}" for name in names if name in self.latest)
        print(f"step {self.step} of {self.options.steps}, {self.seconds():.0f} s{', ' if shown else ''}{shown}", flush=True)

    def close(self, finished):
        self.show()
        self.save()
        write_json(
            self.options.out / "summary.json",
            {
                "algorithm": f"{self.options.algorithm}-torch",
                "environment": self.options.env,
                "seed": self.options.seed,
                "steps": self.step,
                "updates": self.updates,
                "episodes": self.episodes,
                "aborted": not finished,
                "trainSeconds": self.seconds(),
            },
        )
        self.log_file.close()


def main():
    options = parse()
    pin_threads(1)
    import gymnasium
    import numpy as np
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    np.random.seed(options.seed)
    envs = [gymnasium.wrappers.RescaleAction(gymnasium.make(options.env), -1.0, 1.0) for _ in range(2)]
    settings, warmup = settings_for(options, envs[0])
    learner = importlib.import_module(f"{options.algorithm}_torch").Learner(settings, options.variant)
    versions = {"python": platform.python_version(), "torch": torch.__version__, "gymnasium": gymnasium.__version__}
    options.out.mkdir(parents=True, exist_ok=True)
    write_json(options.out / "config.json", config_of(options, settings, warmup, versions))
    run = Run(options, learner, settings, warmup, envs, torch)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    finished = False
    try:
        run.train()
        finished = True
    except ArithmeticError as error:
        print(f"stopped at step {run.step}: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print(f"interrupted at step {run.step}", file=sys.stderr)
    finally:
        run.close(finished)
    return 0 if finished else 1


if __name__ == "__main__":
    sys.exit(main())
