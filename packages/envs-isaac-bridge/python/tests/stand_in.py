"""A small simulator of our own, for what the protocol promises whatever the simulator is. Used as `tests.stand_in:make`."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from meow_isaac_bridge import AutoresetMode, Box, Description, Observations, Step


class Counters:
    """Row i counts its steps and ends after 3 + i of them, truncated if i is odd. Observations: [row, count, sum of actions]."""

    def __init__(self, num_envs: int, mode: AutoresetMode, step_seconds: float, fails_at: int) -> None:
        self.description = Description(
            num_envs=num_envs,
            observation=Box.unbounded(3),
            critic_observation=Box.unbounded(1),
            action=Box(np.full(2, -1.0), np.full(2, 1.0), "<f4"),
            autoreset_mode=mode,
        )
        self._step_seconds = step_seconds
        self._fails_at = fails_at
        self._steps = 0
        self._count = np.zeros(num_envs, np.float32)
        self._sum = np.zeros(num_envs, np.float32)
        self._ended = np.zeros(num_envs, np.bool_)

    def reset(self, seed: int | None, mask: Any) -> Observations:
        rows = slice(None) if mask is None else mask
        self._count[rows] = 0
        self._sum[rows] = seed or 0
        self._ended[rows] = False
        return self._observations()

    def step(self, actions: Any) -> Step:
        time.sleep(self._step_seconds)
        self._steps += 1
        if self._steps == self._fails_at:
            raise RuntimeError("the floor gave way")
        mode = self.description.autoreset_mode
        begins = self._ended.copy()
        moves = ~begins if mode == "next-step" else np.ones_like(begins)
        if mode in ("next-step", "reset-then-step"):
            self._count[begins], self._sum[begins] = 0, 0
        self._count[moves] += 1
        self._sum[moves] += actions.sum(1)[moves]
        ended = moves & (self._count >= 3 + np.arange(len(moves)))
        odd = np.arange(len(ended)) % 2 == 1
        final_rows, final = np.empty(0, np.int32), None
        if mode == "same-step" and ended.any():
            final_rows = np.flatnonzero(ended).astype(np.int32)
            last = self._observations()
            assert last.critic is not None
            final = Observations(last.policy[ended], last.critic[ended])
            self._count[ended], self._sum[ended] = 0, 0
        rewards = np.where(moves, 1.0, 0.0).astype(np.float32)
        self._ended = ended
        return Step(self._observations(), rewards, ended & ~odd, ended & odd, final_rows, final)

    def close(self) -> None:
        print("counters closed")

    def _observations(self) -> Observations:
        rows = np.arange(len(self._count), dtype=np.float32)
        return Observations(np.stack([rows, self._count, self._sum], 1), -self._count[:, None])


def make(
    num_envs: int,
    seed: int | None,
    mode: AutoresetMode = "same-step",
    step_seconds: float = 0,
    fails_at: int = 0,
) -> Counters:
    return Counters(num_envs, mode, step_seconds, fails_at)


def hangs_in_native_code(num_envs: int, seed: int | None) -> Counters:
    """A simulator whose step never comes back, and which Python's signal handlers can't interrupt."""
    import ctypes

    class Hanging(Counters):
        def step(self, actions: Any) -> Step:
            sleep = ctypes.CDLL(None).sleep
            while True:
                sleep(1000)

    return Hanging(num_envs, "same-step", 0, 0)


def takes_nothing() -> None:
    """No function for a task."""


def one(num_envs: int, seed: int | None) -> Any:
    """One environment of Gymnasium's, where a vector is asked for."""
    import gymnasium

    return gymnasium.make("Pendulum-v1")


def asking(num_envs: int, seed: int | None) -> Any:
    """Waits for what somebody types."""
    return input("name? ")
