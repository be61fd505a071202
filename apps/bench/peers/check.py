"""Compares the peers of an algorithm with its golden updates: `check.py ALGORITHM GOLDEN.json`. Prints JSON, exits 1 if they differ."""

import importlib
import json
import sys

import numpy as np

TRANSITION = ("obs", "act", "reward", "nextObs", "done")
METRICS = {
    "meow": ("loss", "gradNorm"),
    "sac": ("criticLoss", "actorLoss", "alphaLoss", "alpha", "entropy"),
    "sql": ("criticLoss", "samplerLoss"),
}
TORCH_VARIANTS = {"meow": ("authors", "lean"), "sac": ("cleanrl", "lean"), "sql": ("authors", "lean")}
TOLERANCE = 1e-9


def learners(algorithm, settings):
    """The learners in float64 by name, each with what makes one of its tensors of numbers."""
    import jax

    jax.config.update("jax_enable_x64", True)
    import jax.numpy as jnp
    import torch

    jax_learner, torch_learner = (importlib.import_module(f"{algorithm}_{peer}").Learner for peer in ("jax", "torch"))
    for variant in TORCH_VARIANTS[algorithm]:
        yield f"torch {variant}", torch_learner(settings, variant, torch.float64), lambda x: torch.tensor(x, dtype=torch.float64)
    yield "jax", jax_learner(settings), lambda x: jnp.asarray(x, jnp.float64)


def largest_error(golden, metrics, learner, tensor):
    """Largest relative error of metrics; of the last parameters beyond the file's float32 rounding."""
    named = lambda values: {name: tensor(v["data"]).reshape(v["shape"]) for name, v in values.items()}
    learner.load(named(golden["params"]), named(golden.get("target", golden["params"])))
    error = 0.0
    for batch, expected in zip(golden["batches"], golden["steps"], strict=True):
        noise = [tensor(batch[name]) for name in learner.noise_names]
        results = learner.update(*[tensor(batch[field]) for field in TRANSITION], **({"noise": noise} if noise else {}))
        for name in metrics:
            error = max(error, abs(float(results[name]) - expected[name]) / max(1.0, abs(expected[name])))
    for values, name in zip(learner.values(), ("finalParams", "finalTarget")):
        for parameter, wanted in golden[name].items():
            value = values[parameter]
            value = np.asarray(value.detach() if hasattr(value, "detach") else value).ravel()
            wanted = np.asarray(wanted["data"])
            error = max(error, float((np.abs(value - wanted) - 2.0**-24 * np.abs(wanted)).max()))
    return error


def main(algorithm, path):
    settings_of = importlib.import_module(f"{algorithm}_settings").settings_of
    errors = {
        f"{peer} {golden['name']}": largest_error(golden, METRICS[algorithm], learner, tensor)
        for golden in json.load(open(path))
        for peer, learner, tensor in learners(algorithm, settings_of(golden["config"]))
    }
    print(json.dumps(errors))
    return 0 if errors and all(error < TOLERANCE for error in errors.values()) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
