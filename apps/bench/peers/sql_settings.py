"""Sizes and settings of SQL that all its peers share: the MEow paper's, named as in @meow-rl/baselines."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    observation_size: int
    action_size: int
    hidden: tuple = (128, 128)
    alpha: float = 1.0
    gamma: float = 0.99
    tau: float = 0.005
    learning_rate: float = 3e-4
    value_particles: int = 16
    fixed_particles: int = 8
    updated_particles: int = 8


def settings_of(golden):
    """Settings from the `config` of a golden case."""
    return Settings(
        observation_size=golden["obsDim"],
        action_size=golden["actDim"],
        hidden=tuple(golden["hidden"]),
        alpha=golden["alpha"],
        gamma=golden["gamma"],
        tau=golden["tau"],
        learning_rate=golden["learningRate"],
        value_particles=golden["valueParticles"],
        fixed_particles=golden["fixedParticles"],
        updated_particles=golden["updatedParticles"],
    )
