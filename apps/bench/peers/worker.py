"""A peer that measures on request: one JSON object per line in, one out.

    worker.py torch|jax|sb3|sbx --threads N

Requests: {"command": "setup", "algorithm", "variant", "observationSize", "actionSize", "batchSize", "seed"}, then
{"command": "update", "runs"} and {"command": "act", "runs", "rows"} of torch and jax, {"command": "loop", "steps", "warmup"} of all but jax
and PPO's torch.
Answers: {"milliseconds": [...]}, {"stepsPerSecond": x}, {"versions": {...}} or {"error": text}. Nothing runs between requests.
"""

import argparse
import dataclasses
import importlib
import json
import os
import sys
import time


ROLLOUT_ALGORITHMS = ("ppo",)


def pin_threads(threads):
    """Before the libraries are imported: they read these once."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(threads)
    if threads == 1:
        os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    # XLA sizes its pools by it.
    os.environ["NPROC"] = str(threads)


def timed(runs, work, prepare=lambda: (), updates=1):
    """Milliseconds of work for each of at least so many updates, of which it makes some at once; getting it ready isn't counted."""
    milliseconds = []
    for _ in range(-(-runs // updates)):
        prepared = prepare()
        begun = time.perf_counter()
        work(*prepared)
        milliseconds.append(1000 * (time.perf_counter() - begun) / updates)
    return {"milliseconds": milliseconds}


def random_batch(rows, observation_size, action_size, seed):
    import numpy as np

    random = np.random.default_rng(seed)
    normal = lambda *shape: random.standard_normal(shape).astype(np.float32)
    actions = random.uniform(-0.98, 0.98, (rows, action_size)).astype(np.float32)
    return [normal(rows, observation_size), actions, normal(rows), normal(rows, observation_size), np.zeros(rows, np.float32)]


class TorchPeer:
    def __init__(self, threads):
        import torch

        torch.set_num_threads(threads)
        self.torch = torch
        self.versions = {"torch": torch.__version__}

    def setup(self, algorithm, variant, settings, batch):
        self.learner = importlib.import_module(f"{algorithm}_torch").Learner(settings, variant)
        self.batch = [self.torch.from_numpy(field) for field in batch]
        self.learns_from_rollouts = algorithm in ROLLOUT_ALGORITHMS

    def times(self, runs):
        if not self.learns_from_rollouts:
            return timed(runs, self.learner.update, lambda: self.batch)
        return timed(runs, self.learner.update, self.learner.random_rollout, self.learner.updates)

    def act(self, observation):
        self.learner.act(observation)

    def loop(self, steps, warmup):
        from loop_torch import steps_per_second

        return steps_per_second(self.learner, steps, warmup)


class JaxPeer:
    def __init__(self, threads):
        import jax

        self.jax = jax
        self.versions = {"jax": jax.__version__}

    def setup(self, algorithm, variant, settings, batch):
        self.learner = importlib.import_module(f"{algorithm}_jax").Learner(settings, variant)
        self.batch = batch

    def update(self):
        metrics = self.learner.update(*self.batch)
        self.jax.block_until_ready((self.learner.state, metrics))

    def times(self, runs):
        return timed(runs, self.update)

    def act(self, observation):
        self.learner.act(observation)


class LibraryPeer:
    """A library that has training loops, but no update that could be timed by itself."""

    def __init__(self, module, threads):
        import torch

        # sbx keeps its replay in Stable-Baselines3's, which samples tensors of PyTorch.
        torch.set_num_threads(threads)
        self.library = importlib.import_module(module)
        self.versions = {module: self.library.__version__}

    def setup(self, algorithm, variant, settings, batch):
        if algorithm not in ("sac", "td3", *ROLLOUT_ALGORITHMS):
            raise ValueError(f"the loop of {algorithm} is not compared with libraries")
        self.agent_of = getattr(self.library, algorithm.upper())
        self.settings = settings
        self.learns_from_rollouts = algorithm in ROLLOUT_ALGORITHMS
        self.processes = variant == "processes"

    def loop(self, steps, warmup):
        if self.learns_from_rollouts:
            import loop_rollouts

            return loop_rollouts.steps_per_second(self.agent_of, self.settings, steps, self.processes)
        import loop_library

        return loop_library.steps_per_second(self.agent_of, self.settings, steps, warmup)


PEERS = {
    "torch": TorchPeer,
    "jax": JaxPeer,
    "sb3": lambda threads: LibraryPeer("stable_baselines3", threads),
    "sbx": lambda threads: LibraryPeer("sbx", threads),
}


def answer(peer, request):
    command = request["command"]
    if command == "setup":
        algorithm, variant = request["algorithm"], request["variant"]
        sizes = request["observationSize"], request["actionSize"]
        settings = importlib.import_module(f"{algorithm}_settings").Settings(*sizes)
        if algorithm in ROLLOUT_ALGORITHMS:
            settings = dataclasses.replace(settings, batch_size=request["batchSize"])
        peer.observation_size = sizes[0]
        peer.setup(algorithm, variant, settings, random_batch(request["batchSize"], *sizes, request["seed"]))
        return {"versions": peer.versions}
    if command == "update":
        return peer.times(request["runs"])
    if command == "act":
        observation = random_batch(request["rows"], peer.observation_size, 1, 0)[0]
        return timed(request["runs"], lambda: peer.act(observation))
    if command == "loop":
        return {"stepsPerSecond": peer.loop(request["steps"], request["warmup"])}
    raise ValueError(f"unknown command {command}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    pin_threads(options.threads)
    try:
        peer = PEERS[options.peer](options.threads)
    except ImportError as error:
        print(json.dumps({"error": str(error)}), flush=True)
        return
    for line in sys.stdin:
        try:
            result = answer(peer, json.loads(line))
        except Exception as error:  # The line protocol is the only way to tell the parent.
            result = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
