"""Compares both peers with the golden updates: `check.py meow-update.json [torch] [jax]`. Prints JSON, exits 1 if they differ."""

import json
import sys

import numpy as np

from settings import settings_of

FIELDS = ("obs", "act", "reward", "nextObs", "done")
TOLERANCE = 1e-9


def torch_learner(golden, lean):
    import torch

    from meow_torch import Learner

    learner = Learner(settings_of(golden["config"]), lean, torch.float64)
    learner.load(
        {name: torch.tensor(v["data"], dtype=torch.float64).view(v["shape"]) for name, v in golden["params"].items()}
    )
    read = lambda network: {name: value.detach().numpy() for name, value in network.state_dict().items()}
    tensor = lambda x: torch.tensor(x, dtype=torch.float64)
    return learner, tensor, lambda: (read(learner.online), read(learner.target))


def jax_learner(golden):
    import jax

    jax.config.update("jax_enable_x64", True)
    import jax.numpy as jnp

    from meow_jax import Learner

    params = {n: jnp.asarray(v["data"], jnp.float64).reshape(v["shape"]) for n, v in golden["params"].items()}
    learner = Learner(settings_of(golden["config"]), params)
    tensor = lambda x: jnp.asarray(x, jnp.float64)
    return learner, tensor, lambda: (learner.state["params"], learner.state["target"])


def largest_error(golden, learner, tensor, final):
    """Largest relative error of losses and gradient norms; of the last parameters beyond the file's float32 rounding."""
    error = 0.0
    for batch, expected in zip(golden["batches"], golden["steps"], strict=True):
        loss, norm = learner.update(*[tensor(batch[field]) for field in FIELDS])
        for value, wanted in ((loss, expected["loss"]), (norm, expected["gradNorm"])):
            value = float(value.detach() if hasattr(value, "detach") else value)
            error = max(error, abs(value - wanted) / max(1.0, abs(wanted)))
    for values, name in zip(final(), ("finalParams", "finalTarget")):
        for parameter, wanted in golden[name].items():
            wanted = np.asarray(wanted["data"])
            beyond = np.abs(np.asarray(values[parameter]).ravel() - wanted) - 2.0**-24 * np.abs(wanted)
            error = max(error, float(beyond.max()))
    return error


def main(path, peers):
    makers = {
        "torch": lambda golden: torch_learner(golden, lean=False),
        "torch-lean": lambda golden: torch_learner(golden, lean=True),
        "jax": jax_learner,
    }
    cases = json.load(open(path))
    errors = {
        f"{peer} {golden['name']}": largest_error(golden, *make(golden))
        for peer, make in makers.items()
        if peer.split("-")[0] in peers
        for golden in cases
    }
    print(json.dumps(errors))
    return 0 if errors and all(error < TOLERANCE for error in errors.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:] or ["torch", "jax"]))
