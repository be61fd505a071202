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

    def mask(self, index):
        """m of coupling `index`: 1, 0, 1, ... and its complement in turn."""
        return [float((entry + index) % 2 == 0) for entry in range(self.action_size)]


def settings_of(golden):
    """Settings from the `config` of a golden case."""
    return Settings(
        observation_size=golden["obsDim"],
        action_size=golden["actDim"],
        couplings=golden["couplings"],
        hidden=tuple(golden["hidden"]),
        shift_hidden=tuple(golden["shiftHidden"]),
        alpha=golden["alpha"],
        gamma=golden["gamma"],
        tau=golden["tau"],
        learning_rate=golden["learningRate"],
        grad_clip=golden["gradClip"],
        log_sigma_min=golden["sigmaMin"],
        log_sigma_max=golden["sigmaMax"],
        dropout=golden["dropout"],
    )
