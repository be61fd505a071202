"""The state of Gymnasium's MuJoCo tasks, taken and put back to the same bits.

Gymnasium's rewards and observations read what MuJoCo computed in the last step (positions of bodies, contact forces), which
are not of the positions that the state has. So all floats of `mjData` are kept, besides the random state and the count of steps.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import RequestError
from ..simulator import Array
from .gymnasium_limits import time_limit

_WORD = 2**64


def are_restorable(envs: list[Any]) -> bool:
    """Whether all that these environments depend on is in places that are known."""
    env = envs[0]
    known = {"TimeLimit", "OrderEnforcing", "PassiveEnvChecker"}
    while hasattr(env, "env"):
        if type(env).__name__ not in known or not type(env).__module__.startswith("gymnasium.wrappers"):
            return False
        env = env.env
    return (
        type(env).__module__.startswith("gymnasium.envs.mujoco.")
        and time_limit(envs[0]) is not None
        and type(env.np_random.bit_generator).__name__ == "PCG64"
    )


class RestorableRows:
    """Environments of which `are_restorable` is true."""

    def __init__(self, envs: list[Any]) -> None:
        self._envs = envs
        data = envs[0].unwrapped.data
        # Arrays of integers are left to MuJoCo: they index memory, and a state comes from outside.
        self._names = [
            name
            for name in sorted(dir(type(data)))
            if not name.startswith("_")
            and isinstance(array := getattr(_fresh_data(envs[0]), name), np.ndarray)
            and array.dtype == np.float64
            and array.size
        ]

    def state(self) -> dict[str, Any]:
        """Arrays with one row for each environment."""
        limits = [time_limit(env) for env in self._envs]
        return {
            "physics": np.stack([self._physics(env) for env in self._envs]),
            "random": np.stack([_random_words(env.unwrapped.np_random) for env in self._envs]),
            "steps": np.array([limit._elapsed_steps or 0 for limit in limits], np.int64),
        }

    def restore(self, state: dict[str, Any]) -> None:
        physics = checked(state, "physics", np.stack([self._physics(env) for env in self._envs]))
        random = checked(state, "random", np.zeros((len(self._envs), 6), np.int64))
        steps = checked(state, "steps", np.zeros(len(self._envs), np.int64))
        for row, env in enumerate(self._envs):
            # Wrappers see that an episode has begun.
            env.reset()
            self._set_physics(env, physics[row])
            _set_random_words(env.unwrapped.np_random, random[row])
            time_limit(env)._elapsed_steps = int(steps[row])

    def _physics(self, env: Any) -> NDArray[np.float64]:
        data = env.unwrapped.data
        return np.concatenate([[data.time], *(getattr(data, name).ravel() for name in self._names)])

    def _set_physics(self, env: Any, values: Array) -> None:
        import mujoco

        model, data = env.unwrapped.model, env.unwrapped.data
        self._assign(data, values)
        # Sets what the floats of the last step go with: counts, indices and contacts.
        mujoco.mj_forward(model, data)
        self._assign(data, values)

    def _assign(self, data: Any, values: Array) -> None:
        data.time = values[0]
        begin = 1
        for name in self._names:
            array = getattr(data, name)
            array[...] = values[begin : begin + array.size].reshape(array.shape)
            begin += array.size


def checked(state: dict[str, Any], name: str, like: Array) -> Array:
    """An array of a state that has the shape and dtype that it should."""
    array = state.get(name)
    if not isinstance(array, np.ndarray) or array.shape != like.shape or array.dtype != like.dtype:
        raise RequestError(f"restore: the state's {name} are not {like.dtype.str} {list(like.shape)}.")
    return array


def _fresh_data(env: Any) -> Any:
    """Data in which nothing was computed: arrays whose size depends on contacts are empty."""
    import mujoco

    return mujoco.MjData(env.unwrapped.model)


def _random_words(generator: np.random.Generator) -> NDArray[np.int64]:
    """PCG64's state as 64-bit words."""
    whole: Any = generator.bit_generator.state
    state, increment = whole["state"]["state"], whole["state"]["inc"]
    words = [
        state // _WORD,
        state % _WORD,
        increment // _WORD,
        increment % _WORD,
        whole["has_uint32"],
        whole["uinteger"],
    ]
    return np.array(words, np.uint64).view(np.int64)


def _set_random_words(generator: np.random.Generator, words: Array) -> None:
    state_high, state_low, increment_high, increment_low, has_uint32, uinteger = (int(word) for word in words.view(np.uint64))
    generator.bit_generator.state = {
        "bit_generator": "PCG64",
        "state": {"state": state_high * _WORD + state_low, "inc": increment_high * _WORD + increment_low},
        "has_uint32": has_uint32 & 1,
        "uinteger": uinteger % 2**32,
    }
