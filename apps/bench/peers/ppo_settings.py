"""Sizes and settings of PPO that all its peers share: CleanRL's, named as in @meow-rl/baselines."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    observation_size: int
    action_size: int
    hidden: tuple = (64, 64)
    gamma: float = 0.99
    gae_lambda: float = 0.95
    batch_size: int = 64
    epochs: int = 10
    learning_rate: float = 3e-4
    clip_range: float = 0.2
    value_coefficient: float = 0.5
    entropy_coefficient: float = 0.0
    grad_clip: float = 0.5


def settings_of(golden):
    """Settings from the `config` of a golden case."""
    return Settings(
        observation_size=golden["obsDim"],
        action_size=golden["actDim"],
        hidden=tuple(golden["hidden"]),
        gamma=golden["gamma"],
        gae_lambda=golden["lambda"],
        epochs=golden["epochs"],
        learning_rate=golden["learningRate"],
        clip_range=golden["clip"],
        value_coefficient=golden["valueCoefficient"],
        entropy_coefficient=golden["entropyCoefficient"],
        grad_clip=golden["gradClip"],
    )
