"""Imports of simulators, which are optional."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..cli import SimulatorOptions
from ..errors import UsageError


def import_simulator(module: str, install: str) -> Any:
    """A simulator's module. Raises UsageError with the way to install it where it isn't there."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not module.startswith(error.name):
            raise
        raise UsageError(f"{module} is not installed for this Python. Install it: {install}") from error


@contextmanager
def given_env_args(options: SimulatorOptions) -> Iterator[None]:
    """Raises UsageError for arguments of the user's that what is made inside doesn't take."""
    try:
        yield
    except TypeError as error:
        if not options.env_args:
            raise
        raise UsageError(f"{options.task} doesn't take --env-args {json.dumps(options.env_args)}: {error}") from error
