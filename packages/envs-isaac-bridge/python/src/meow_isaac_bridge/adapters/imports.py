"""Imports of simulators, which are optional."""

from __future__ import annotations

import importlib
from typing import Any

from ..errors import UsageError


def import_simulator(module: str, install: str) -> Any:
    """A simulator's module. Raises UsageError with the way to install it where it isn't there."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not module.startswith(error.name):
            raise
        raise UsageError(f"{module} is not installed for this Python. Install it: {install}") from error
