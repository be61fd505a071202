"""Autoreset modes that a simulator has, against the one that the user asked for."""

from __future__ import annotations

from ..cli import SimulatorOptions
from ..errors import UsageError
from ..simulator import Simulator


def check_mode(simulator: Simulator, options: SimulatorOptions) -> None:
    """Raises UsageError: the user has asked for a mode that the simulator doesn't have."""
    mode = simulator.description.autoreset_mode
    if options.autoreset not in (None, mode):
        simulator.close()
        raise UsageError(f"{options.task} has the autoreset mode {mode}, not {options.autoreset}: leave --autoreset out.")
