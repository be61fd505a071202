"""Vector environments of Gymnasium (1.1 and newer), in the autoreset mode that they have."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..action_bounds import bounded_actions
from ..cli import SimulatorOptions
from ..errors import UsageError
from ..simulator import Array, AutoresetMode, Description, Mask, Observations, Simulator, Step
from ..spaces import action_box, flatten_rows, observation_box, row_of
from ..versions import installed_versions
from .gymnasium_limits import EpisodeSpread, make_kwargs, step_limit
from .imports import given_env_args, gymnasium_id, import_simulator

# As gymnasium.vector.AutoresetMode names them.
_MODES: dict[str, AutoresetMode] = {"NextStep": "next-step", "SameStep": "same-step", "Disabled": "disabled"}


class GymnasiumVector:
    """Any `gymnasium.vector.VectorEnv`."""

    def __init__(self, env: Any, options: SimulatorOptions) -> None:
        self._env = env
        self._task = options.task
        self._rows: int = env.num_envs
        self._space = env.single_observation_space
        self._mode = _mode_of(env)
        self._spread = _spread(env) if options.spread_episodes else None
        self.description = Description(
            num_envs=self._rows,
            observation=observation_box(self._space),
            action=bounded_actions(options.task, action_box(env.single_action_space), options.action_bound),
            autoreset_mode=self._mode,
            max_episode_steps=_max_episode_steps(env, options),
            spread_episodes=options.spread_episodes,
            versions=installed_versions("gymnasium", "mujoco"),
        )

    def reset(self, seed: int | None, mask: Mask | None) -> Observations:
        # Gymnasium takes the mask out of the options.
        observations, _ = self._env.reset(seed=seed, options=None if mask is None else {"reset_mask": mask.copy()})
        if self._spread and mask is None:
            self._spread.after_reset(seed)
        return Observations(self._flat(observations))

    def step(self, actions: Array) -> Step:
        shape = self._env.single_action_space.shape
        observations, rewards, terminated, truncated, infos = self._env.step(actions.reshape((self._rows, *shape)).copy())
        ended = np.asarray(terminated) | np.asarray(truncated)
        final_rows = np.empty(0, np.int32)
        final: Observations | None = None
        # A vector of the user's own may not give them.
        if self._mode == "same-step" and ended.any() and "final_obs" in infos:
            known = infos.get("_final_obs", ended)
            final_rows = np.flatnonzero(ended & known).astype(np.int32)
            final = Observations(self._stack([row_of(infos["final_obs"], int(row)) for row in final_rows]))
        return Step(
            observations=Observations(self._flat(observations)),
            rewards=np.array(rewards, np.float64),
            terminated=np.array(terminated, np.bool_),
            truncated=np.array(truncated, np.bool_),
            final_rows=final_rows,
            final_observations=final,
        )

    def close(self) -> None:
        self._env.close()

    def _flat(self, observations: Any) -> Array:
        box = self.description.observation
        if isinstance(observations, np.ndarray) and type(self._space).__name__ == "Box":
            if observations.shape[:1] != (self._rows,) or observations.size != self._rows * box.entries:
                expected = (self._rows, *self._space.shape)
                raise ValueError(
                    f"{self._task}: observations of shape {observations.shape} came, expected {expected}. "
                    "Correct what the vector gives, or its single_observation_space."
                )
            return np.array(observations.reshape(self._rows, box.entries), box.dtype)
        return self._stack([row_of(observations, row) for row in range(self._rows)])

    def _stack(self, values: list[Any]) -> Array:
        return flatten_rows(self._space, values, self.description.observation)


def _mode_of(env: Any) -> AutoresetMode:
    mode = env.metadata.get("autoreset_mode")
    name = getattr(mode, "value", mode)
    if name not in _MODES:
        raise UsageError(
            f"{env} does not say its autoreset mode in metadata['autoreset_mode'] (it has {name!r}): "
            f"expected gymnasium.vector.AutoresetMode, one of {', '.join(_MODES)}."
        )
    return _MODES[name]


def _max_episode_steps(env: Any, options: SimulatorOptions) -> int | None:
    """The step limit: `make_vec` doesn't write one that it is given into the vector's spec."""
    given = make_kwargs(options).get("max_episode_steps")
    return step_limit(given if isinstance(given, int) else getattr(env.spec, "max_episode_steps", None))


def _spread(env: Any) -> EpisodeSpread:
    if not hasattr(env, "envs"):
        raise UsageError(f"--spread-episodes can't reach into {type(env).__name__}: use gym: or a SyncVectorEnv.")
    return EpisodeSpread(env.envs)


def make(options: SimulatorOptions) -> Simulator:
    gymnasium = import_simulator("gymnasium", 'pip install "gymnasium[mujoco]"')
    name = gymnasium_id(options.task)
    vector_kwargs = {}
    try:
        spec = gymnasium.spec(name)
        mode = next(theirs for theirs, ours in _MODES.items() if ours == (options.autoreset or "next-step"))
        # A task with a vector of its own has the mode that it has.
        if spec.vector_entry_point is None:
            vector_kwargs["autoreset_mode"] = gymnasium.vector.AutoresetMode(mode)
        with given_env_args(options):
            env = gymnasium.make_vec(name, num_envs=options.num_envs, vector_kwargs=vector_kwargs, **make_kwargs(options))
    except gymnasium.error.Error as error:
        raise UsageError(f"Gymnasium can't make a vector of {options.task}: {error}") from error
    return GymnasiumVector(env, options)
