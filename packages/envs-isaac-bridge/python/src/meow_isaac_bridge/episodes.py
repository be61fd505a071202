"""Returns and lengths of episodes, counted over the rewards that were sent."""

from __future__ import annotations

from typing import Any

import numpy as np

from .simulator import Array, Mask


class EpisodeCounter:
    """Sums of the episodes under way, one of each row."""

    def __init__(self, num_envs: int) -> None:
        self.returns = np.zeros(num_envs, np.float64)
        self.lengths = np.zeros(num_envs, np.int32)

    def begin(self, mask: Mask | None) -> None:
        """Begins episodes anew, in all rows or in those of the mask."""
        rows = slice(None) if mask is None else mask
        self.returns[rows] = 0
        self.lengths[rows] = 0

    def add(self, rewards: Array, counted: Mask | None, ended: Mask) -> dict[str, Any]:
        """Adds a step and gives the episodes that it ended. Rows outside `counted`, if given, don't count."""
        if counted is None:
            self.returns += rewards
            self.lengths += 1
        else:
            self.returns[counted] += rewards[counted]
            self.lengths[counted] += 1
        rows = np.flatnonzero(ended).astype(np.int32)
        episodes = {"rows": rows, "returns": self.returns[rows], "lengths": self.lengths[rows]}
        if len(rows):
            self.begin(ended)
        return episodes
