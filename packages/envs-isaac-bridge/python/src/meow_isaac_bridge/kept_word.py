"""Whether a simulator gives what it described. One that breaks its word is told at once, not by what the learner makes of it."""

from __future__ import annotations

import numpy as np

from .simulator import Box, Description, Observations, Step


def check_observations(observations: Observations, about: Description) -> None:
    """Raises TypeError or ValueError: observations of all rows that aren't as described."""
    _check_groups(observations, about, about.num_envs, "observations")


def check_step(step: Step, about: Description) -> None:
    """Raises TypeError or ValueError: a step that isn't as described."""
    if not isinstance(step, Step):
        raise TypeError(f"The simulator's step gave a {type(step).__name__}: expected a Step.")
    rows = about.num_envs
    check_observations(step.observations, about)
    _check_array(step.rewards, "rewards", ("<f4", "<f8"), (rows,))
    _check_array(step.terminated, "terminated", ("|b1",), (rows,))
    _check_array(step.truncated, "truncated", ("|b1",), (rows,))
    _check_array(step.final_rows, "final_rows", ("<i4", "<i8"), None)
    _check_final_rows(step, about)
    if step.final_observations is not None:
        _check_groups(step.final_observations, about, len(step.final_rows), "final_observations")


def _check_final_rows(step: Step, about: Description) -> None:
    final_rows = step.final_rows
    if not len(final_rows):
        return
    if about.autoreset_mode != "same-step":
        raise ValueError(
            f"The simulator gave final_rows in the mode {about.autoreset_mode}: expected them in the mode same-step alone. "
            "In others the observations of a row that ended are its last ones."
        )
    if step.final_observations is None:
        raise ValueError(f"The simulator gave {len(final_rows)} final_rows without final_observations: expected both or none.")
    ended = step.terminated | step.truncated
    # Ascending rows are in range where the first and the last are.
    ascending = bool((final_rows[1:] > final_rows[:-1]).all()) and final_rows[0] >= 0 and final_rows[-1] < len(ended)
    if not ascending or not ended[final_rows].all():
        rows = _few(np.flatnonzero(ended))
        raise ValueError(
            f"The simulator gave final_rows {_few(final_rows)}: expected rows that ended in this step ({rows}), ascending."
        )


def _check_groups(observations: Observations, about: Description, rows: int, name: str) -> None:
    if not isinstance(observations, Observations):
        raise TypeError(f"The simulator gave {name} as a {type(observations).__name__}: expected Observations.")
    groups = (
        (observations.policy, about.observation, name),
        (observations.critic, about.critic_observation, f"the critic's {name}"),
    )
    for array, box, label in groups:
        if (array is None) != (box is None):
            raise ValueError(f"The simulator described {label} otherwise than it gives them: one of the two has none.")
        if box is not None:
            _check_box(array, box, rows, label)


def _check_box(array: object, box: Box, rows: int, name: str) -> None:
    _check_array(array, name, (box.dtype,), (rows, box.entries))


def _check_array(array: object, name: str, dtypes: tuple[str, ...], shape: tuple[int, ...] | None) -> None:
    expected = f"expected {' or '.join(dtypes)} {'[rows]' if shape is None else list(shape)}"
    if not isinstance(array, np.ndarray):
        raise TypeError(f"The simulator gave {name} as a {type(array).__name__}: {expected}, an array of NumPy.")
    fits = array.ndim == 1 if shape is None else array.shape == shape
    if not fits or array.dtype.str not in dtypes:
        raise ValueError(f"The simulator gave {name} of {array.dtype.str} {list(array.shape)}: {expected}.")


def _few(rows: np.ndarray) -> str:
    text = ", ".join(str(row) for row in rows[:8])
    return f"[{text}{', …' if len(rows) > 8 else ''}]"
