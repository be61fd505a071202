"""Gymnasium's spaces as flat boxes."""

from __future__ import annotations

from typing import Any

import numpy as np

from .codec import DTYPES
from .errors import UsageError
from .simulator import Array, Box


def observation_box(space: Any) -> Box:
    """The flat box of an observation space, in the order of Gymnasium's `flatten`."""
    from gymnasium import spaces
    from gymnasium.spaces import utils

    try:
        flat = utils.flatten_space(space)
    except NotImplementedError as error:
        raise UsageError(f"Observations of the space {space} can't be flattened to a vector ({error}).") from error
    if not isinstance(flat, spaces.Box):
        raise UsageError(f"Observations of the space {space} flatten to {type(flat).__name__}, expected a box of fixed size.")
    if not flat.shape[0]:
        raise UsageError(f"Observations of the space {space} have no entries, expected one or more.")
    return Box(flat.low.astype(np.float64), flat.high.astype(np.float64), wire_dtype(flat.dtype))


def action_box(space: Any) -> Box:
    """The flat box of an action space. Raises UsageError for any other than boxes of floats."""
    if type(space).__name__ != "Box" or np.dtype(space.dtype).kind != "f":
        raise UsageError(
            f"Actions of the space {space} are not continuous: the bridge takes boxes of floats alone. "
            "Wrap the environment, or choose one with continuous actions."
        )
    return Box(
        space.low.astype(np.float64).reshape(-1),
        space.high.astype(np.float64).reshape(-1),
        wire_dtype(space.dtype),
    )


def wire_dtype(dtype: Any) -> str:
    """The dtype of the protocol that holds all values of `dtype`."""
    name: str = np.dtype(dtype).newbyteorder("<").str
    if name in DTYPES:
        return name
    for wider in ("|u1", "<i4", "<i8", "<f4", "<f8"):
        if np.can_cast(np.dtype(dtype), np.dtype(wider)):
            return wider
    raise UsageError(f"Values of {np.dtype(dtype)} fit none of {', '.join(DTYPES)}.")


def flatten_row(space: Any, value: Any, entries: int) -> Array:
    """One observation as a vector. Raises ValueError: it isn't of the space's shape."""
    from gymnasium.spaces import utils

    flat = np.asarray(utils.flatten(space, value))
    if flat.shape == (entries,):
        return flat
    came = (
        f"an observation of shape {np.shape(value)} came, expected {space.shape}"
        if space.shape is not None
        else f"an observation came that flattens to {flat.size} entries, expected {entries}"
    )
    raise ValueError(f"{came}. Correct what the environment gives, or its observation_space.")


def flatten_rows(space: Any, values: list[Any], box: Box) -> Array:
    """Observations as the rows of a matrix, in the dtype of their flat box."""
    flat = [flatten_row(space, value, box.entries) for value in values]
    return np.array(flat, box.dtype).reshape(len(flat), box.entries)


def row_of(observations: Any, row: int) -> Any:
    """One row of observations that a vector environment has put together."""
    if isinstance(observations, dict):
        return {key: row_of(value, row) for key, value in observations.items() if not key.startswith("_")}
    if isinstance(observations, tuple):
        return tuple(row_of(value, row) for value in observations)
    return observations[row]
