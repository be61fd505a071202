"""EnvPool: next-step mode, seeds fixed when a pool is made."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..action_bounds import bounded_actions
from ..cli import SimulatorOptions
from ..errors import UsageError
from ..simulator import Array, AutoresetMode, Description, Mask, Observations, Simulator, Step
from ..spaces import action_box, flatten_rows, observation_box, row_of, wire_dtype
from ..versions import installed_versions
from .imports import import_simulator

MODE: AutoresetMode = "next-step"


class EnvPool:
    def __init__(self, options: SimulatorOptions) -> None:
        if options.spread_episodes:
            raise UsageError("--spread-episodes: EnvPool doesn't let episodes begin later. Leave it out.")
        self._options = options
        self._pool = self._make_pool(options.seed)
        self._reset_before = False
        self._space = self._pool.observation_space
        observation = observation_box(self._space)
        self._action_dtype = self._pool.action_space.dtype
        self._action_shape = self._pool.action_space.shape
        self.description = Description(
            num_envs=options.num_envs,
            observation=observation,
            action=bounded_actions(options.task, action_box(self._pool.action_space), options.action_bound),
            autoreset_mode=MODE,
            max_episode_steps=self._pool.config.get("max_episode_steps"),
            versions=installed_versions("envpool"),
        )

    def reset(self, seed: int | None, mask: Mask | None) -> Observations:
        if seed is not None or self._reset_before:
            self._pool.close()
            self._pool = self._make_pool(seed)
        self._reset_before = True
        observations, info = self._pool.reset()
        return Observations(self._rows(observations, info))

    def step(self, actions: Array) -> Step:
        batch = actions.reshape((len(actions), *self._action_shape)).astype(self._action_dtype)
        observations, rewards, terminated, truncated, info = self._pool.step(batch)
        order = np.argsort(info["env_id"])
        return Step(
            observations=Observations(self._rows(observations, info)),
            rewards=np.array(rewards[order], wire_dtype(rewards.dtype)),
            terminated=np.array(terminated[order], np.bool_),
            truncated=np.array(truncated[order], np.bool_),
        )

    def close(self) -> None:
        self._pool.close()

    def _rows(self, observations: Any, info: dict[str, Any]) -> Array:
        """Rows in their order: EnvPool gives them as they come."""
        order = np.argsort(info["env_id"])
        box = self.description.observation
        if isinstance(observations, np.ndarray):
            return np.array(observations[order].reshape(len(order), box.entries), box.dtype)
        return flatten_rows(self._space, [row_of(observations, int(row)) for row in order], box)

    def _make_pool(self, seed: int | None) -> Any:
        # Without a seed EnvPool takes always the same one.
        drawn = int(np.random.default_rng().integers(2**31)) if seed is None else seed
        envpool = import_simulator("envpool", "pip install envpool")
        try:
            return envpool.make_gymnasium(
                self._options.task,
                num_envs=self._options.num_envs,
                seed=_pool_seed(drawn, self._options.num_envs),
                **self._options.env_args,
            )
        except (AssertionError, TypeError, ValueError) as error:
            raise UsageError(f"EnvPool can't make {self._options.task}: {error}") from error


def _pool_seed(seed: int, num_envs: int) -> int:
    """EnvPool seeds row i with `seed + i`, all of 31 bits; runs draw seeds of 32."""
    return seed % (2**31 - num_envs)


def make(options: SimulatorOptions) -> Simulator:
    return EnvPool(options)
