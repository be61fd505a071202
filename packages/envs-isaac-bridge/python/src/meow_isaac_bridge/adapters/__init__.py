"""Simulators by the task's prefix. Each adapter imports its simulator when it is asked for, and not before."""

from __future__ import annotations

import importlib
from dataclasses import replace
from typing import Protocol, cast

from ..cli import SimulatorOptions
from ..errors import UsageError
from ..simulator import Simulator
from .autoreset import check_mode

_PREFIXES = {
    "gym": ".gymnasium_single",
    "gym-vector": ".gymnasium_vector",
    "envpool": ".envpool",
    "isaac": ".isaac_lab",
    "omniisaac": ".omniisaac",
    "playground": ".playground",
}
_TAKE_DEVICE = ("isaac",)
_TAKE_NO_ENV_ARGS = ("isaac", "omniisaac")
_TAKE_MAX_STEPS = ("gym", "gym-vector")
_ONE_A_PROCESS = ("isaac", "omniisaac")


class _Adapter(Protocol):
    """A module; one whose simulator has a single autoreset mode says it as MODE."""

    def make(self, options: SimulatorOptions) -> Simulator:
        """Makes the simulator of a task whose prefix is taken off."""


def check_clients(task: str, clients: int) -> None:
    """Raises UsageError where a server can't have as many: each client has a simulator of its own."""
    if clients > 1 and task.partition(":")[0] in _ONE_A_PROCESS:
        raise UsageError(
            f"--clients {clients}: Isaac has one simulation a process, so that a server of {task} takes one client. "
            "Start another server for another client."
        )


def make_simulator(options: SimulatorOptions) -> Simulator:
    """Makes the simulator of a task. Raises UsageError where that can't be."""
    prefix, separator, name = options.task.partition(":")
    if not separator:
        raise UsageError(f"The task {options.task!r} lacks a prefix: expected {', '.join(_PREFIXES)} or module:function.")
    if not prefix or not name:
        raise UsageError(
            f"The task {options.task!r} is half of one: expected a name after {', '.join(_PREFIXES)}, or module:function."
        )
    if options.device is not None and prefix not in _TAKE_DEVICE:
        raise UsageError(f"--device {options.device} is for Isaac Lab: {options.task} takes none. Leave it out.")
    if options.env_args and prefix in _TAKE_NO_ENV_ARGS:
        raise UsageError(f"--env-args: {options.task} is configured by Isaac itself and takes none. Leave it out.")
    if options.max_steps is not None and prefix not in _TAKE_MAX_STEPS:
        raise UsageError(
            f"--max-steps {options.max_steps} is for Gymnasium's environments: {options.task} ends its episodes itself. "
            "Leave it out."
        )
    module = _PREFIXES.get(prefix, ".user")
    adapter = cast(_Adapter, importlib.import_module(module, __name__))
    if (mode := getattr(adapter, "MODE", None)) is not None:
        # Before a simulator begins, which may take minutes.
        check_mode(mode, options)
    simulator = adapter.make(replace(options, task=name) if prefix in _PREFIXES else options)
    try:
        check_mode(simulator.description.autoreset_mode, options)
    except UsageError:
        simulator.close()
        raise
    return simulator
