"""Isaac Lab: 3.x and 2.x differ in how a simulation is begun and in what they tell of an episode's end."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import numpy as np

from ..action_bounds import bounded_actions
from ..cli import SimulatorOptions
from ..errors import UsageError
from ..simulator import Array, AutoresetMode, Description, Mask, Observations, Simulator, Step
from ..spaces import action_box, observation_box
from ..tasks import task_id
from ..versions import installed_versions
from .device_copy import to_host
from .imports import import_simulator

_POLICY = "policy"
_CRITIC = "critic"

MODE: AutoresetMode = "same-step"


class IsaacLab:
    """A task of Isaac Lab that is under way; `resources` end the simulation."""

    def __init__(self, env: Any, resources: ExitStack, task: str, options: SimulatorOptions, final_observations: bool) -> None:
        self._env = env
        self._resources = resources
        self._final_observations = final_observations
        self._spread = options.spread_episodes
        raw = env.unwrapped
        spaces = getattr(raw.single_observation_space, "spaces", None)
        if spaces is None or _POLICY not in spaces:
            raise UsageError(f"{task} has observations {raw.single_observation_space}: expected a group named {_POLICY}.")
        self.description = Description(
            num_envs=raw.num_envs,
            observation=observation_box(spaces[_POLICY]),
            critic_observation=observation_box(spaces[_CRITIC]) if _CRITIC in spaces else None,
            action=bounded_actions(task, action_box(raw.single_action_space), options.action_bound),
            autoreset_mode=MODE,
            max_episode_steps=int(raw.max_episode_length),
            final_observations=final_observations,
            spread_episodes=options.spread_episodes,
            versions=installed_versions("isaaclab", "isaaclab_tasks", "isaacsim", "newton", "mujoco-warp", "warp-lang", "torch"),
        )

    def reset(self, seed: int | None, mask: Mask | None) -> Observations:
        observations, _ = self._env.reset(seed=seed)
        if self._spread:
            self._spread_episodes(seed)
        groups = self._groups(observations)
        return self._observations(to_host(groups))

    def step(self, actions: Array) -> Step:
        import torch

        raw = self._env.unwrapped
        # A copy: what came from the socket is read-only, and a simulator may keep what it is given.
        batch = torch.from_numpy(actions.copy()).to(raw.device)
        observations, rewards, terminated, truncated, extras = self._env.step(batch)
        groups = self._groups(observations)
        rewards, terminated, truncated, *rows = to_host([rewards, terminated, truncated, *groups])
        final_rows = np.empty(0, np.int32)
        final: Observations | None = None
        if self._final_observations and (ended := terminated | truncated).any():
            final_rows = np.flatnonzero(ended).astype(np.int32)
            # extras stays the same dictionary, and its tensors are of all rows: only those that ended just now count.
            index = torch.from_numpy(final_rows.astype(np.int64)).to(raw.device)
            final = self._observations(to_host([group[index] for group in self._groups(extras["final_obs"])]))
        return Step(
            observations=self._observations(rows),
            rewards=rewards,
            terminated=terminated,
            truncated=truncated,
            final_rows=final_rows,
            final_observations=final,
        )

    def close(self) -> None:
        self._env.close()
        self._resources.close()

    def _groups(self, observations: Any) -> list[Any]:
        names = [_POLICY] if self.description.critic_observation is None else [_POLICY, _CRITIC]
        return [observations[name] for name in names]

    def _observations(self, rows: list[Array]) -> Observations:
        about = self.description
        boxes = [about.observation] if about.critic_observation is None else [about.observation, about.critic_observation]
        flat = [array.reshape(len(array), box.entries) for array, box in zip(rows, boxes, strict=True)]
        return Observations(flat[0], flat[1] if len(flat) > 1 else None)

    def _spread_episodes(self, seed: int | None) -> None:
        """First episodes begin as if some of their steps were over, as FastTD3 and FlashSAC have it."""
        import torch

        raw = self._env.unwrapped
        steps = np.random.default_rng(seed).integers(raw.max_episode_length, size=raw.num_envs)
        raw.episode_length_buf[:] = torch.from_numpy(steps).to(raw.episode_length_buf)


def make(options: SimulatorOptions) -> Simulator:
    """Makes a task in the version of Isaac Lab that is installed."""
    # Isaac Lab 2 allows this one import before its application runs.
    app = import_simulator("isaaclab.app", "see this package's README")
    return _make_3(app, options) if hasattr(app, "launch_simulation") else _make_2(app, options)


def _make_3(app: Any, options: SimulatorOptions) -> Simulator:
    task = task_id(options.task, "isaac_lab_3")
    device = options.device or _best_device()
    config = _config(task, device, options)
    # Off by default, since it computes observations once more where episodes end.
    config.compute_final_obs = True
    with ExitStack() as resources:
        resources.enter_context(app.launch_simulation(config, {"headless": True, "device": device}))
        return IsaacLab(_env(task, config), resources.pop_all(), task, options, final_observations=True)


def _make_2(app: Any, options: SimulatorOptions) -> Simulator:
    task = task_id(options.task, "isaac_lab_2")
    device = options.device or "cuda:0"
    with ExitStack() as resources:
        # The application has to run before anything else of Isaac Lab is imported.
        resources.callback(app.AppLauncher(headless=True, device=device).app.close)
        config = _config(task, device, options)
        env = _env(task, config)
        return IsaacLab(env, resources.pop_all(), task, options, final_observations=False)


def _config(task: str, device: str, options: SimulatorOptions) -> Any:
    import_simulator("isaaclab_tasks", "see this package's README")
    from isaaclab_tasks.utils import parse_env_cfg

    try:
        config = parse_env_cfg(task, device=device, num_envs=options.num_envs)
    except _unknown_task_errors() as error:
        raise UsageError(f"Isaac Lab can't configure {task}: {error}") from error
    config.seed = options.seed
    return config


def _env(task: str, config: Any) -> Any:
    import gymnasium

    return gymnasium.make(task, cfg=config)


def _unknown_task_errors() -> tuple[type[Exception], ...]:
    import gymnasium

    return (gymnasium.error.Error, ValueError)


def _best_device() -> str:
    import torch

    return "cuda:0" if torch.cuda.is_available() else "cpu"
