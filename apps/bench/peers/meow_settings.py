"""Sizes and settings of MEow that both peers share: those of the paper, named as in @meow-rl/meow."""

from dataclasses import dataclass

CLIP = 1e-5
EPSILON = 2.0**-23


@dataclass(frozen=True)
class Settings:
    observation_size: int
    action_size: int
    couplings: int = 4
    hidden: tuple = (64, 64)
    shift_hidden: tuple = (256, 256)
    alpha: float = 0.25
    gamma: float = 0.99
    tau: float = 0.005
    learning_rate: float = 1e-3
    grad_clip: float = 30.0
    log_sigma_min: float = -5.0
    log_sigma_max: float = -0.3
    dropout: float = 0.1
    batch_size: int = 256

    def mask(self, index):
        """m of coupling `index`: 1, 0, 1, ... and its complement in turn."""
        return [float((entry + index) % 2 == 0) for entry in range(self.action_size)]


# Settings of the paper's MuJoCo tasks, and random actions before the first update: those of `meow-bench`'s presets.
TASKS = {
    "HalfCheetah": ({"alpha": 0.25, "tau": 0.003, "log_sigma_max": 2.0}, 10_000),
    "Hopper": ({"alpha": 0.25, "tau": 0.005}, 5000),
    "Walker2d": ({"alpha": 0.1, "tau": 0.005}, 10_000),
    "Ant": ({"alpha": 0.05, "tau": 0.0001}, 5000),
    "Humanoid": ({"alpha": 0.125, "tau": 0.0005}, 5000),
}

# Settings by their names in golden files; those of forward values lack the last ones, which an update needs.
GOLDEN_NAMES = {
    "obsDim": "observation_size",
    "actDim": "action_size",
    "couplings": "couplings",
    "hidden": "hidden",
    "shiftHidden": "shift_hidden",
    "alpha": "alpha",
    "sigmaMin": "log_sigma_min",
    "sigmaMax": "log_sigma_max",
    "gamma": "gamma",
    "tau": "tau",
    "learningRate": "learning_rate",
    "gradClip": "grad_clip",
    "dropout": "dropout",
}


def settings_of(golden):
    """Settings from the `config` of a golden case."""
    values = {name: golden[key] for key, name in GOLDEN_NAMES.items() if key in golden}
    return Settings(**{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()})
