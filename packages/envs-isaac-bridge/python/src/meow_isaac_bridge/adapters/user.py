"""A simulator of the user's own: `module:function`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from ..cli import SimulatorOptions
from ..errors import UsageError
from ..simulator import Description, Simulator
from .gymnasium_vector import GymnasiumVector
from .imports import import_own


def make(options: SimulatorOptions) -> Simulator:
    """Calls `function(num_envs=..., seed=..., **env_args)`; it gives a Simulator or a `gymnasium.vector.VectorEnv`."""
    module_name, _, function_name = options.task.partition(":")
    if module_name.startswith("."):
        raise UsageError(f"The task {options.task} has a relative module: expected one by its full name.")
    module = import_own(
        module_name, f"The task {options.task} is neither a known prefix (see --help) nor of a module that Python finds"
    )
    function = getattr(module, function_name, None)
    if not callable(function):
        raise UsageError(f"{module_name} has no function {function_name}.")
    arguments = {"num_envs": options.num_envs, "seed": options.seed, **options.env_args}
    _check_signature(options.task, function, arguments)
    made = function(**arguments)
    if isinstance(getattr(made, "description", None), Description):
        if options.spread_episodes:
            raise UsageError("--spread-episodes: a simulator of your own does that itself. Leave it out.")
        if options.action_bound is not None:
            raise UsageError("--action-bound: a simulator of your own describes its actions itself. Leave it out.")
        simulator: Simulator = made
    elif hasattr(made, "single_observation_space"):
        simulator = GymnasiumVector(made, options)
    else:
        single = (
            f" For one environment register its class in {module_name} with gymnasium.register, and name it gym:{module_name}:ID."
            if hasattr(made, "action_space") and hasattr(made, "step")
            else ""
        )
        raise UsageError(
            f"{options.task} gave a {type(made).__name__}: expected a Simulator or a gymnasium.vector.VectorEnv.{single}"
        )
    if simulator.description.num_envs != options.num_envs:
        raise UsageError(f"{options.task} made {simulator.description.num_envs} environments, {options.num_envs} were asked for.")
    return simulator


def _check_signature(task: str, function: Callable[..., Any], arguments: dict[str, Any]) -> None:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        # Some of C have none.
        return
    try:
        signature.bind(**arguments)
    except TypeError as error:
        raise UsageError(
            f"{task} is called as ({', '.join(f'{name}=…' for name in arguments)}), and is {signature}: {error}."
        ) from error
