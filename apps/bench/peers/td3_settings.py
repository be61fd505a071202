"""Sizes and settings of TD3 that all its peers share: CleanRL's, named as in @meow-rl/baselines."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    observation_size: int
    action_size: int
    hidden: tuple = (256, 256)
    gamma: float = 0.99
    tau: float = 0.005
    learning_rate: float = 3e-4
    policy_delay: int = 2
    target_noise: float = 0.2
    target_noise_clip: float = 0.5
    exploration_noise: float = 0.1


def settings_of(golden):
    """Settings from the `config` of a golden case."""
    return Settings(
        observation_size=golden["obsDim"],
        action_size=golden["actDim"],
        hidden=tuple(golden["hidden"]),
        gamma=golden["gamma"],
        tau=golden["tau"],
        learning_rate=golden["learningRate"],
        policy_delay=golden["policyFrequency"],
        target_noise=golden["policyNoise"],
        target_noise_clip=golden["noiseClip"],
    )
