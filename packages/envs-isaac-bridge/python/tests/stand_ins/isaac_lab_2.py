"""Stand-in for Isaac Lab 2.x: its application runs before its tasks can be imported; an episode's last observation is lost; the
masks are the same buffers at each step.
"""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import gymnasium
import numpy as np
import pytest

from . import Tensor, install, install_torch, module

TASK = "Isaac-Ant-Direct-v0"
EPISODE_LENGTH = 4
closed: list[str] = []


class AntStandIn(gymnasium.Env[Any, Any]):
    """Observations are [row, step of the episode]. Row 0 falls in the second step of an episode."""

    metadata: dict[str, Any] = {"render_modes": [None]}  # noqa: RUF012

    def __init__(self, cfg: Any) -> None:
        self.num_envs: int = cfg.num_envs
        self.device = "cuda:0"
        self.max_episode_length = EPISODE_LENGTH
        box = gymnasium.spaces.Box(-np.inf, np.inf, (2,), np.float32)
        self.single_observation_space = gymnasium.spaces.Dict({"policy": box})
        self.single_action_space = gymnasium.spaces.Box(-np.inf, np.inf, (8,), np.float32)
        self.observation_space = self.single_observation_space
        self.action_space = self.single_action_space
        self.episode_length_buf = np.zeros(self.num_envs, np.int64).view(Tensor)
        self.reset_terminated = np.zeros(self.num_envs, np.bool_).view(Tensor)
        self.reset_time_outs = np.zeros(self.num_envs, np.bool_).view(Tensor)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        self.episode_length_buf[:] = 0
        return self._observations(), {}

    def step(self, action: Any) -> Any:
        assert isinstance(action, Tensor)
        assert action.flags.writeable
        self.episode_length_buf += 1
        self.reset_terminated[:] = False
        self.reset_terminated[0] = self.episode_length_buf[0] == 2
        self.reset_time_outs[:] = self.episode_length_buf >= EPISODE_LENGTH
        rewards = action.sum(1)
        ended = self.reset_terminated | self.reset_time_outs
        self.episode_length_buf[ended] = 0
        return self._observations(), rewards, self.reset_terminated, self.reset_time_outs, {"log": {}}

    def close(self) -> None:
        closed.append("env")

    def _observations(self) -> dict[str, Tensor]:
        rows = np.arange(self.num_envs)
        return {"policy": np.stack([rows, self.episode_length_buf], 1).astype(np.float32).view(Tensor)}


def install_isaac_lab_2(monkeypatch: pytest.MonkeyPatch) -> None:
    closed.clear()
    install_torch(monkeypatch)

    def parse_env_cfg(task: str, device: str, num_envs: int) -> Any:
        if task != TASK:
            raise ValueError(f"no configuration of {task}")
        # What 2.x doesn't have can't be set unnoticed.
        return SimpleNamespace(seed=None, num_envs=num_envs, device=device)

    class AppLauncher:
        def __init__(self, headless: bool, device: str) -> None:
            assert "isaaclab_tasks" not in sys.modules, "the tasks were imported before the application ran"
            assert (headless, device) == (True, "cuda:0")
            self.app = SimpleNamespace(close=lambda: closed.append("app"))
            install(
                monkeypatch,
                module("isaaclab_tasks", __path__=[]),
                module("isaaclab_tasks.utils", parse_env_cfg=parse_env_cfg),
            )

    install(monkeypatch, module("isaaclab.app", AppLauncher=AppLauncher))
    spec = gymnasium.envs.registration.EnvSpec(TASK, entry_point=f"{__name__}:AntStandIn", disable_env_checker=True)
    monkeypatch.setitem(gymnasium.registry, TASK, spec)
