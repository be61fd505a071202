"""Sizes and settings of SAC that all its peers share: CleanRL's, named as in @meow-rl/baselines."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    observation_size: int
    action_size: int
    hidden: tuple = (256, 256)
    log_std_min: float = -5.0
    log_std_max: float = 2.0
    gamma: float = 0.99
    tau: float = 0.005
    policy_learning_rate: float = 3e-4
    q_learning_rate: float = 1e-3
    alpha_learning_rate: float = 1e-3
    initial_log_alpha: float = 0.0

    @property
    def target_entropy(self):
        return -self.action_size


def settings_of(golden):
    """Settings from the `config` of a golden case."""
    settings = Settings(
        observation_size=golden["obsDim"],
        action_size=golden["actDim"],
        hidden=tuple(golden["hidden"]),
        log_std_min=golden["logStdMin"],
        log_std_max=golden["logStdMax"],
        gamma=golden["gamma"],
        tau=golden["tau"],
        policy_learning_rate=golden["policyLearningRate"],
        q_learning_rate=golden["qLearningRate"],
        alpha_learning_rate=golden["alphaLearningRate"],
        initial_log_alpha=golden["initialLogAlpha"],
    )
    assert golden["targetEntropy"] == settings.target_entropy, "the target entropy is minus the action's size"
    return settings
