"""MuJoCo Playground. Its own vectorizing wrapper resets within the step and loses the last observation. Here the plain
environment is stepped, its last observation is kept, and then the rows that ended are reset.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..action_bounds import bounded_actions
from ..cli import SimulatorOptions
from ..errors import UsageError
from ..simulator import Array, AutoresetMode, Box, Description, Mask, Observations, Simulator, Step
from ..versions import installed_versions
from .imports import import_simulator

MODE: AutoresetMode = "same-step"


class Playground:
    """A task of `mujoco_playground.registry`, vectorized by JAX."""

    def __init__(self, env: Any, episode_length: int, options: SimulatorOptions) -> None:
        import jax

        self._rows = options.num_envs
        self._episode_length = episode_length
        self._spread = options.spread_episodes
        self._key = jax.random.PRNGKey(_key_seed(options.seed))
        self._reset_rows = jax.jit(jax.vmap(env.reset))
        self._step_rows = jax.jit(_stepper(env, episode_length))
        self._steps = np.zeros(self._rows, np.int32)
        self._state: Any = None
        sizes = env.observation_size
        policy, critic = (sizes["state"], sizes.get("privileged_state")) if isinstance(sizes, dict) else (sizes, None)
        space = Box(np.full(env.action_size, -1.0), np.full(env.action_size, 1.0), "<f4")
        self.description = Description(
            num_envs=self._rows,
            observation=Box.unbounded(_entries(policy)),
            critic_observation=None if critic is None else Box.unbounded(_entries(critic)),
            # Playground's actions are in [-1, 1] by convention; it has no space that says so.
            action=bounded_actions(options.task, space, options.action_bound),
            autoreset_mode=MODE,
            max_episode_steps=episode_length,
            spread_episodes=options.spread_episodes,
            versions=installed_versions("playground", "jax", "mujoco", "mujoco-mjx"),
        )

    def reset(self, seed: int | None, mask: Mask | None) -> Observations:
        import jax

        if seed is not None:
            self._key = jax.random.PRNGKey(_key_seed(seed))
        self._state = self._reset_rows(self._keys())
        self._steps = np.zeros(self._rows, np.int32)
        if self._spread:
            self._steps = np.random.default_rng(seed).integers(self._episode_length, size=self._rows, dtype=np.int32)
        return _observations(jax.device_get(self._state.obs))

    def step(self, actions: Array) -> Step:
        import jax

        self._state, last, told = self._step_rows(self._state, actions, self._steps, self._keys())
        rewards, terminated, truncated, steps, observations = jax.device_get((*told, self._state.obs))
        self._steps = steps
        final_rows = np.flatnonzero(terminated | truncated).astype(np.int32)
        final: Observations | None = None
        if len(final_rows):
            final = _observations(jax.device_get(jax.tree.map(lambda rows: rows[final_rows], last)))
        return Step(
            observations=_observations(observations),
            rewards=np.array(rewards, np.float32),
            terminated=np.array(terminated),
            truncated=np.array(truncated),
            final_rows=final_rows,
            final_observations=final,
        )

    def close(self) -> None:
        self._state = None

    def _keys(self) -> Any:
        """Keys of rows that are reset."""
        import jax

        self._key, drawn = jax.random.split(self._key)
        return jax.random.split(drawn, self._rows)


def _stepper(env: Any, episode_length: int) -> Any:
    """A step of all rows: the state to go on from, the last observations, and what is told of the step."""
    import jax
    import jax.numpy as jnp

    def step(state: Any, actions: Any, steps: Any, keys: Any) -> Any:
        moved = jax.vmap(env.step)(state, actions)
        counted = steps + 1
        terminated = moved.done > 0.5
        truncated = (counted >= episode_length) & ~terminated
        ended = terminated | truncated

        def begin(moved: Any) -> Any:
            fresh = jax.vmap(env.reset)(keys)
            return jax.tree.map(lambda new, old: _chosen(ended, new, old), fresh, moved)

        following = jax.lax.cond(ended.any(), begin, lambda moved: moved, moved)
        return following, moved.obs, (moved.reward, terminated, truncated, jnp.where(ended, 0, counted))

    return step


def _chosen(rows: Any, new: Any, old: Any) -> Any:
    import jax.numpy as jnp

    # The type is that of what was stepped: a reset may have integers where a step has floats.
    return jnp.where(rows.reshape(rows.shape + (1,) * (new.ndim - 1)), new, old).astype(old.dtype)


def _observations(rows: Any) -> Observations:
    if not isinstance(rows, dict):
        return Observations(_flat(rows))
    critic = rows.get("privileged_state")
    return Observations(_flat(rows["state"]), None if critic is None else _flat(critic))


def _flat(rows: Any) -> Array:
    return np.array(rows, np.float32).reshape(len(rows), -1)


def _entries(size: Any) -> int:
    return int(np.prod(size))


def _key_seed(seed: int | None) -> int:
    return int(np.random.default_rng().integers(2**31)) if seed is None else seed


def make(options: SimulatorOptions) -> Simulator:
    import_simulator("mujoco_playground", "pip install playground")
    from mujoco_playground import registry

    try:
        config = registry.get_default_config(options.task)
    except (KeyError, ValueError) as error:
        raise UsageError(f"MuJoCo Playground has no task {options.task}: {error}") from error
    # Warp, the default of newer tasks, needs a GPU.
    env = registry.load(options.task, config=config, config_overrides={"impl": "jax", **options.env_args})
    return Playground(env, int(config.episode_length), options)
