"""What the server needs of a simulator: the interface that each adapter has, and any simulator of the user's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

AutoresetMode = Literal["next-step", "same-step", "disabled", "reset-then-step"]
AUTORESET_MODES: tuple[AutoresetMode, ...] = ("next-step", "same-step", "disabled", "reset-then-step")

Array = NDArray[Any]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Box:
    """The space of one row of observations or actions, flat: `low` and `high` are float64 of shape `[entries]`."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    dtype: str
    """NumPy's name of the type that rows have, for example `<f4`."""

    @staticmethod
    def unbounded(entries: int, dtype: str = "<f4") -> Box:
        return Box(np.full(entries, -np.inf), np.full(entries, np.inf), dtype)

    @property
    def entries(self) -> int:
        return len(self.low)

    @property
    def bounded(self) -> bool:
        return bool(np.isfinite(self.low).all() and np.isfinite(self.high).all())


@dataclass(frozen=True)
class Description:
    """What a vector of environments is. `action` has to be bounded."""

    num_envs: int
    observation: Box
    action: Box
    autoreset_mode: AutoresetMode
    critic_observation: Box | None = None
    max_episode_steps: int | None = None
    final_observations: bool = True
    """Whether last observations of episodes are given: in the mode same-step as `Step.final_observations`."""
    seeded: bool = True
    """Whether the same seed gives the same episodes."""
    versions: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Observations:
    """Observations of all rows, `[n, o]`, and of the critic's group, `[n, c]`."""

    policy: Array
    critic: Array | None = None


@dataclass(frozen=True)
class Step:
    """What one step gives. No array may change later: buffers that the simulator reuses are copied."""

    observations: Observations
    rewards: Array
    terminated: Mask
    truncated: Mask
    final_rows: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    """Rows that ended in this very step and whose last observation is known, ascending; of the mode same-step alone."""
    final_observations: Observations | None = None
    """The last observations of those rows, `[k, o]`."""


class Simulator(Protocol):
    """A vector of environments. All calls come from the main thread."""

    description: Description

    def reset(self, seed: int | None, mask: Mask | None) -> Observations:
        """Begins episodes anew, in all rows or (in the mode disabled) in those of `mask`.

        Row i is seeded with `seed + i`, or all share one seed.
        """

    def step(self, actions: Array) -> Step:
        """Steps all rows; `actions` are `[n, a]`, in the space and of its dtype. They may be read-only."""

    def close(self) -> None:
        """Ends the simulator. Called once."""


@runtime_checkable
class Restorable(Protocol):
    """What a simulator has besides, if its state can be taken and put back to the same bits."""

    def state(self) -> dict[str, Any]:
        """A map of text to text, numbers and arrays: all that the next steps depend on. Copies."""

    def restore(self, state: dict[str, Any]) -> Observations:
        """Puts a state back, and gives the observations as they were. Raises RequestError where it is of another."""
