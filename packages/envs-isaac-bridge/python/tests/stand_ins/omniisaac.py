"""Stand-in for OmniIsaacGymEnvs, after the sources of its VecEnvRLGames and RLTask: rows that ended are reset at the beginning of
the next step, which then moves them, and buffers are reused.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import gymnasium
import numpy as np
import pytest

from . import Tensor, install, install_torch, module

EPISODE_LENGTH = 5
asked: dict[str, Any] = {}


class TaskStandIn:
    """Observations are [row, step of the episode]. Row 0 falls in the third step of an episode."""

    num_observations = 2
    rl_device = "cuda:0"
    _max_episode_length = EPISODE_LENGTH

    def __init__(self, num_envs: int) -> None:
        self.progress_buf = np.zeros(num_envs, np.int64).view(Tensor)
        self.reset_buf = np.ones(num_envs, np.int64).view(Tensor)
        self.obs_buf = np.zeros((num_envs, 2), np.float32).view(Tensor)
        self.states_buf = np.zeros((num_envs, 1), np.float32).view(Tensor)


class VecEnvStandIn:
    def __init__(self, headless: bool, sim_device: int) -> None:
        assert (headless, sim_device) == (True, 0)
        self.num_states = 1
        self.action_space = gymnasium.spaces.Box(-1, 1, (8,), np.float32)

    def set_task(self, task: TaskStandIn) -> None:
        self._task = task

    def reset(self) -> dict[str, Tensor]:
        self._task.reset_buf[:] = 1
        return self.step(np.zeros((len(self._task.reset_buf), 8), np.float32).view(Tensor))[0]  # type: ignore[no-any-return]

    def step(self, actions: Tensor) -> Any:
        task = self._task
        task.progress_buf[task.reset_buf == 1] = 0
        task.reset_buf[:] = 0
        task.progress_buf += 1
        task.obs_buf[:, 0] = np.arange(len(task.obs_buf))
        task.obs_buf[:, 1] = task.progress_buf
        task.states_buf[:, 0] = -task.progress_buf
        task.reset_buf[task.progress_buf >= EPISODE_LENGTH - 1] = 1
        if task.progress_buf[0] == 3:
            task.reset_buf[0] = 1
        rewards = actions.sum(1).view(Tensor)
        return {"obs": task.obs_buf, "states": task.states_buf}, rewards, task.reset_buf, {}

    def close(self) -> None:
        asked["closed"] = True


def install_omniisaac(monkeypatch: pytest.MonkeyPatch) -> None:
    asked.clear()
    install_torch(monkeypatch)

    def compose(name: str, overrides: list[str]) -> dict[str, Any]:
        asked["overrides"] = overrides
        return {"device_id": 0, "num_envs": int(overrides[1].split("=")[1])}

    def initialize_task(config: dict[str, Any], env: VecEnvStandIn) -> TaskStandIn:
        asked["seed"] = config["seed"]
        task = TaskStandIn(config["num_envs"])
        env.set_task(task)
        return task

    def initialize_config_dir(folder: str, version_base: None) -> Any:
        asked["folder"] = folder
        return nullcontext()

    def set_seed(seed: int, torch_deterministic: bool) -> int:
        return seed

    package = "omniisaacgymenvs"
    install(
        monkeypatch,
        module(package, __path__=[], __file__="/somewhere/omniisaacgymenvs/__init__.py"),
        module("hydra", compose=compose, initialize_config_dir=initialize_config_dir),
        module(f"{package}.envs.vec_env_rlgames", VecEnvRLGames=VecEnvStandIn),
        module(f"{package}.utils.hydra_cfg.reformat", omegaconf_to_dict=dict),
        module(f"{package}.utils.hydra_cfg.hydra_utils"),
        module(f"{package}.utils.task_util", initialize_task=initialize_task),
        module("omni.isaac.core.utils.torch.maths", set_seed=set_seed),
    )
