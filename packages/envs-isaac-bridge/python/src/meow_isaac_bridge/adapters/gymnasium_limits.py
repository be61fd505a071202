"""Step limits of Gymnasium's environments, and first episodes of different lengths."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..cli import SimulatorOptions
from ..errors import UsageError


def time_limit(env: Any) -> Any:
    """The wrapper that counts an environment's steps; None where it has none."""
    from gymnasium.wrappers import TimeLimit

    while not isinstance(env, TimeLimit):
        if not hasattr(env, "env"):
            return None
        env = env.env
    return env


def make_kwargs(options: SimulatorOptions) -> dict[str, Any]:
    """Keyword arguments of `make` and `make_vec`: the user's, and the step limit."""
    if options.max_steps is None:
        return options.env_args
    if "max_episode_steps" in options.env_args:
        raise UsageError("--max-steps and max_episode_steps of --env-args are the same: give one of them.")
    return {**options.env_args, "max_episode_steps": options.max_steps}


def step_limit(steps: int | None) -> int | None:
    """Gymnasium writes -1 where a limit was taken off."""
    return steps if steps is not None and steps > 0 else None


class EpisodeSpread:
    """Episodes that begin together are counted as if some of their steps were over, so that they don't all end together."""

    def __init__(self, envs: list[Any]) -> None:
        limits = [limit for env in envs if (limit := time_limit(env)) is not None]
        if len(limits) < len(envs):
            raise UsageError("--spread-episodes needs a task with a step limit: this one has none. Give --max-steps.")
        self._limits = limits

    def after_reset(self, seed: int | None) -> None:
        random = np.random.default_rng(seed)
        for limit in self._limits:
            limit._elapsed_steps = int(random.integers(limit._max_episode_steps))
