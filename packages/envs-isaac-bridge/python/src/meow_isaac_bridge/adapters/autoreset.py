"""Autoreset modes that a simulator has, against the one that the user asked for."""

from __future__ import annotations

from ..cli import SimulatorOptions
from ..errors import UsageError
from ..simulator import AutoresetMode


def check_mode(mode: AutoresetMode, options: SimulatorOptions) -> None:
    """Raises UsageError: the user has asked for another mode than the one that there is."""
    if options.autoreset not in (None, mode):
        raise UsageError(f"{options.task} has the autoreset mode {mode}, not {options.autoreset}: leave --autoreset out.")
