"""OmniIsaacGymEnvs, on which the MEow paper's second benchmark ran. Not run here: it needs Isaac Sim of 2023 and a GPU.

It resets the rows that ended at the beginning of the next step, and then moves them. The observation at the end of an episode is
therefore the true last one; the step that resets is no transition.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..action_bounds import bounded_actions
from ..cli import SimulatorOptions
from ..errors import UsageError
from ..simulator import Array, AutoresetMode, Box, Description, Mask, Observations, Simulator, Step
from ..spaces import action_box
from ..tasks import task_id
from ..versions import installed_versions
from .device_copy import to_host
from .imports import import_simulator

MODE: AutoresetMode = "reset-then-step"


class OmniIsaac:
    """A `VecEnvRLGames` whose task is set."""

    def __init__(self, env: Any, task: Any, name: str, options: SimulatorOptions) -> None:
        self._env = env
        self._task = task
        self._spread = options.spread_episodes
        states = int(env.num_states)
        limit = getattr(task, "_max_episode_length", None)
        self._limit = None if limit is None else int(limit)
        if self._spread and self._limit is None:
            raise UsageError(f"--spread-episodes needs a task with a step limit: {name} has none.")
        self.description = Description(
            num_envs=options.num_envs,
            observation=Box.unbounded(int(task.num_observations)),
            critic_observation=Box.unbounded(states) if states else None,
            action=bounded_actions(name, action_box(env.action_space), options.action_bound),
            autoreset_mode=MODE,
            max_episode_steps=self._limit,
            # It is seeded once, when it is made.
            seeded=False,
            spread_episodes=options.spread_episodes,
            versions=installed_versions("omniisaacgymenvs", "isaacsim", "torch"),
        )

    def reset(self, seed: int | None, mask: Mask | None) -> Observations:
        # Marks all rows and steps once with actions of 0, which resets them.
        observations = self._env.reset()
        if self._spread and self._limit is not None:
            import torch

            steps = np.random.default_rng(seed).integers(self._limit - 1, size=self.description.num_envs)
            self._task.progress_buf[:] = torch.from_numpy(steps).to(self._task.progress_buf)
        return _grouped(to_host(self._groups(observations)))

    def step(self, actions: Array) -> Step:
        import torch

        batch = torch.from_numpy(actions.copy()).to(self._task.rl_device)
        observations, rewards, resets, extras = self._env.step(batch)
        time_outs = extras.get("time_outs") if isinstance(extras, dict) else None
        if time_outs is None:
            # Locomotion reports none: a row whose steps are used up was cut off, whatever else it did in this step.
            progress = self._task.progress_buf.to(resets.device)
            time_outs = torch.zeros_like(resets) if self._limit is None else progress >= self._limit - 1
        tensors = [rewards, resets.bool(), time_outs.to(resets.device).bool(), *self._groups(observations)]
        rewards, ended, time_out, *groups = to_host(tensors)
        return Step(observations=_grouped(groups), rewards=rewards, terminated=ended & ~time_out, truncated=ended & time_out)

    def close(self) -> None:
        self._env.close()

    def _groups(self, observations: Any) -> list[Any]:
        names = ["obs"] if self.description.critic_observation is None else ["obs", "states"]
        return [observations[name] for name in names]


def _grouped(groups: list[Array]) -> Observations:
    return Observations(groups[0], groups[1] if len(groups) > 1 else None)


def make(options: SimulatorOptions) -> Simulator:
    root = import_simulator("omniisaacgymenvs", "https://github.com/isaac-sim/OmniIsaacGymEnvs")
    name = task_id(options.task, "omniisaac")
    from hydra import compose, initialize_config_dir
    from omniisaacgymenvs.envs.vec_env_rlgames import VecEnvRLGames
    from omniisaacgymenvs.utils.hydra_cfg.reformat import omegaconf_to_dict

    # Its configuration uses resolvers that this module registers.
    import_simulator("omniisaacgymenvs.utils.hydra_cfg.hydra_utils", "https://github.com/isaac-sim/OmniIsaacGymEnvs")
    seed = -1 if options.seed is None else options.seed
    overrides = [f"task={name}", f"num_envs={options.num_envs}", f"seed={seed}", "headless=True"]
    with initialize_config_dir(str(Path(root.__file__).parent / "cfg"), version_base=None):
        config = omegaconf_to_dict(compose("config", overrides=overrides))
    env = VecEnvRLGames(headless=True, sim_device=config["device_id"])
    # Both import what is there only once the application of `env` runs.
    from omni.isaac.core.utils.torch.maths import set_seed
    from omniisaacgymenvs.utils.task_util import initialize_task

    config["seed"] = set_seed(seed, torch_deterministic=False)
    return OmniIsaac(env, initialize_task(config, env), name, options)
