"""Imports of simulators, which are optional, and of modules of the user's own."""

from __future__ import annotations

import importlib
import json
import os
import sys
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
        # Clients that start servers know it by these words.
        raise UsageError(f"{module} is not installed for this Python. Install it: {install}") from error


def import_own(module: str, problem: str) -> Any:
    """A module of the user's, from the working directory or `PYTHONPATH`. Raises UsageError where there is none.

    `problem` begins the message.
    """
    folder = os.getcwd()
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        # A package above it may be what is missing; one that it imports is another matter.
        if not f"{module}.".startswith(f"{error.name}."):
            raise
        raise UsageError(f"{problem}: there is no module {module} in {folder} or on PYTHONPATH.") from error


def gymnasium_id(task: str) -> str:
    """The id of Gymnasium's that a task is; that of `module:ID` is registered by the module, which is imported."""
    module, _, name = task.rpartition(":")
    if module:
        import_own(module, f"Gymnasium can't make {task}")
    return name


@contextmanager
def given_env_args(options: SimulatorOptions) -> Iterator[None]:
    """Raises UsageError for arguments of the user's that what is made inside doesn't take."""
    try:
        yield
    except TypeError as error:
        if not options.env_args:
            raise
        raise UsageError(f"{options.task} doesn't take --env-args {json.dumps(options.env_args)}: {error}") from error
