"""What the server needs of a simulator: the interface that each adapter has, and any simulator of the user's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from .codec import DTYPES

AutoresetMode = Literal["next-step", "same-step", "disabled", "reset-then-step"]
AUTORESET_MODES: tuple[AutoresetMode, ...] = ("next-step", "same-step", "disabled", "reset-then-step")

Array = NDArray[Any]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Box:
    """The space of one row of observations or actions, flat: `low` and `high` are float64 of shape `[entries]`.

    Raises ValueError: bounds of another shape, none between which a number lies, or a dtype that the protocol lacks.
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    dtype: str
    """NumPy's name of the type that rows have, for example `<f4`."""

    def __post_init__(self) -> None:
        low, high = (np.array(bound, np.float64) for bound in (self.low, self.high))
        if low.ndim != 1 or low.shape != high.shape or not low.size:
            raise ValueError(f"Box: low has shape {list(low.shape)} and high {list(high.shape)}: expected [entries], for both.")
        # Also false where one is NaN.
        outside = ~((low <= high) & (low < np.inf) & (high > -np.inf))
        if outside.any():
            entry = int(np.argmax(outside))
            raise ValueError(f"Box: low is {low[entry]} and high {high[entry]} in entry {entry}: expected low <= high.")
        name = np.dtype(self.dtype).newbyteorder("<").str
        if name not in DTYPES:
            raise ValueError(f"Box: dtype is {self.dtype}: expected one of {', '.join(DTYPES)}.")
        for field_name, value in (("low", low), ("high", high), ("dtype", name)):
            object.__setattr__(self, field_name, value)

    @staticmethod
    def unbounded(entries: int, dtype: str = "<f4") -> Box:
        return Box(np.full(entries, -np.inf), np.full(entries, np.inf), dtype)

    @property
    def entries(self) -> int:
        return len(self.low)

    @property
    def bounded(self) -> bool:
        return bool(np.isfinite(self.low).all() and np.isfinite(self.high).all())

    def within_dtype(self) -> Box:
        """This box with bounds that its dtype has: 0.3 is none of float32, whose nearest number lies outside."""
        if np.dtype(self.dtype).kind != "f":
            return self
        with np.errstate(over="ignore"):
            low, high = self.low.astype(self.dtype), self.high.astype(self.dtype)
        low = np.where(low < self.low, np.nextafter(low, np.inf, dtype=self.dtype), low)
        high = np.where(high > self.high, np.nextafter(high, -np.inf, dtype=self.dtype), high)
        # Between equal bounds the dtype may have no number: then it is the nearest one.
        empty = low > high
        nearest = self.low.astype(self.dtype)
        return Box(np.where(empty, nearest, low), np.where(empty, nearest, high), self.dtype)


@dataclass(frozen=True)
class Description:
    """What a vector of environments is. `action` has to be bounded, in floats.

    Raises ValueError: what a client couldn't make sense of.
    """

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
    spread_episodes: bool = False
    """Whether episodes after a reset of all begin as if some of their steps were over."""
    versions: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if type(self.num_envs) is not int or self.num_envs < 1:
            raise ValueError(f"Description: num_envs is {self.num_envs!r}: expected an integer of 1 or more.")
        if self.autoreset_mode not in AUTORESET_MODES:
            raise ValueError(
                f"Description: autoreset_mode is {self.autoreset_mode!r}: expected one of {', '.join(AUTORESET_MODES)}."
            )
        if not self.action.bounded or np.dtype(self.action.dtype).kind != "f":
            raise ValueError(
                f"Description: action is {self.action}: expected finite bounds and a dtype of floats. "
                "A policy that samples from a bounded space has to know how far an action goes."
            )
        if self.max_episode_steps is not None and (type(self.max_episode_steps) is not int or self.max_episode_steps < 1):
            raise ValueError(
                f"Description: max_episode_steps is {self.max_episode_steps!r}: expected an integer of 1 or more, or None."
            )
        object.__setattr__(self, "action", self.action.within_dtype())


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
