"""Copies of one Gymnasium environment, stepped in turn, in each of the three autoreset modes.

MuJoCo tasks of Gymnasium can be saved and put back to the same bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..action_bounds import bounded_actions
from ..cli import SimulatorOptions
from ..errors import UsageError
from ..simulator import Array, Description, Mask, Observations, Simulator, Step
from ..spaces import action_box, flatten_row, observation_box
from ..versions import installed_versions
from .gymnasium_limits import EpisodeSpread, make_kwargs, step_limit
from .imports import given_env_args, gymnasium_id, import_simulator
from .mujoco_state import RestorableRows, are_restorable, checked


class GymnasiumCopies:
    def __init__(self, envs: list[Any], options: SimulatorOptions) -> None:
        self._envs = envs
        self._task = options.task
        env = envs[0]
        self._action_shape = env.action_space.shape
        self._space = env.observation_space
        self._mode = options.autoreset or "next-step"
        self._ended = np.zeros(options.num_envs, np.bool_)
        self._dtype = observation_box(self._space).dtype
        self.description = Description(
            num_envs=options.num_envs,
            observation=observation_box(self._space),
            action=bounded_actions(options.task, action_box(env.action_space), options.action_bound),
            autoreset_mode=self._mode,
            max_episode_steps=step_limit(getattr(env.spec, "max_episode_steps", None)),
            spread_episodes=options.spread_episodes,
            versions=installed_versions("gymnasium", "mujoco"),
        )
        self._spread = EpisodeSpread(envs) if options.spread_episodes else None
        self._current = np.zeros((options.num_envs, self.description.observation.entries), self._dtype)

    def reset(self, seed: int | None, mask: Mask | None) -> Observations:
        for row, env in enumerate(self._envs):
            if mask is None or mask[row]:
                self._begin(row, env, None if seed is None else seed + row)
        if mask is None:
            self._ended[:] = False
            if self._spread:
                self._spread.after_reset(seed)
        else:
            self._ended &= ~mask
        return Observations(self._current.copy())

    def step(self, actions: Array) -> Step:
        rows = len(self._envs)
        rewards = np.zeros(rows, np.float64)
        terminated = np.zeros(rows, np.bool_)
        truncated = np.zeros(rows, np.bool_)
        final_rows: list[int] = []
        final: list[Array] = []
        for row, env in enumerate(self._envs):
            if self._ended[row] and self._mode == "next-step":
                self._begin(row, env, None)
                continue
            # An environment may keep what it is given.
            action = actions[row].reshape(self._action_shape).copy()
            value, rewards[row], terminated[row], truncated[row], _ = env.step(action)
            self._take(row, value, "step()")
            if self._mode == "same-step" and (terminated[row] or truncated[row]):
                final_rows.append(row)
                final.append(self._current[row].copy())
                self._begin(row, env, None)
        self._ended = terminated | truncated
        return Step(
            observations=Observations(self._current.copy()),
            rewards=rewards,
            terminated=terminated,
            truncated=truncated,
            final_rows=np.array(final_rows, np.int32),
            final_observations=Observations(np.stack(final)) if final else None,
        )

    def close(self) -> None:
        for env in self._envs:
            env.close()

    def _begin(self, row: int, env: Any, seed: int | None) -> None:
        value, _ = env.reset(seed=seed)
        self._take(row, value, "reset()")

    def _take(self, row: int, value: Any, call: str) -> None:
        try:
            self._current[row] = flatten_row(self._space, value, self._current.shape[1])
        except ValueError as error:
            raise ValueError(f"{call} of {self._task}, environment {row}: {error}") from error


class RestorableCopies(GymnasiumCopies):
    """Copies whose state is all in places that are known."""

    def __init__(self, envs: list[Any], options: SimulatorOptions) -> None:
        super().__init__(envs, options)
        self._rows = RestorableRows(envs)

    def state(self) -> dict[str, Any]:
        return {**self._rows.state(), "ended": self._ended.copy(), "observations": self._current.copy()}

    def restore(self, state: dict[str, Any]) -> Observations:
        self._rows.restore(state)
        self._ended = checked(state, "ended", self._ended).copy()
        self._current = checked(state, "observations", self._current).copy()
        return Observations(self._current.copy())


def make(options: SimulatorOptions) -> Simulator:
    gymnasium = import_simulator("gymnasium", 'pip install "gymnasium[mujoco]"')
    name = gymnasium_id(options.task)
    try:
        with given_env_args(options):
            envs = [gymnasium.make(name, **make_kwargs(options)) for _ in range(options.num_envs)]
    except gymnasium.error.Error as error:
        raise UsageError(f"Gymnasium can't make {options.task}: {error}") from error
    copies = RestorableCopies if are_restorable(envs) else GymnasiumCopies
    return copies(envs, options)
