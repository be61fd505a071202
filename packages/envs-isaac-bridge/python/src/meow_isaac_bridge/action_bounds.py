"""Bounds of actions where a simulator has none: a policy on a bounded space has to know how far an action goes."""

from __future__ import annotations

import numpy as np

from .errors import UsageError
from .simulator import Box
from .tasks import paper_task_of

# Actions of the MEow paper's six Isaac tasks lie in [-1, 1]; Franka's drawer takes up to 3, as FastTD3 and FlashSAC have it.
PAPER_TASK_BOUNDS: dict[str, float] = {
    "Ant": 1,
    "Humanoid": 1,
    "Ingenuity": 1,
    "ANYmal": 1,
    "AllegroHand": 1,
    "FrankaCabinet": 3,
}


def bounded_actions(task: str, space: Box, asked: float | None) -> Box:
    """The action space with finite bounds: the simulator's, those asked for, or those of the table.

    Raises UsageError: the space has none and neither the user nor the table says one.
    """
    if asked is not None:
        if not np.isfinite(asked) or asked <= 0:
            raise UsageError(f"--action-bound is {asked}: expected a number above 0.")
        if space.bounded:
            raise UsageError(
                f"--action-bound is given, but {task} has bounds itself, {space.low.min()} to {space.high.max()}. Leave it out."
            )
        return _within(space, asked)
    if space.bounded:
        return space
    paper_task = paper_task_of(task)
    if paper_task is None:
        raise UsageError(
            f"{task} has unbounded actions, and no bound is known for it. A policy that samples from a bounded space needs one: "
            "give --action-bound B, to meow-bench or to the server that you start, where an action of B is as far as the robot "
            "should ever be asked to go (1 for most tasks of Isaac Lab, whose configuration scales actions itself)."
        )
    return _within(space, PAPER_TASK_BOUNDS[paper_task])


def _within(space: Box, bound: float) -> Box:
    """Bounds that the simulator has stay."""
    return Box(np.maximum(space.low, -bound), np.minimum(space.high, bound), space.dtype)
