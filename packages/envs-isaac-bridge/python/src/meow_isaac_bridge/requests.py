"""Fields of requests, checked one by one: what isn't as the protocol has it is an error that says so."""

from __future__ import annotations

from typing import Any

import numpy as np

from .errors import ActionsError, RequestError, VersionError
from .simulator import Array, Box, Mask

PROTOCOL = 1
SUBPROTOCOL = f"meow-bridge.v{PROTOCOL}"
MAX_HELLO_BYTES = 64 * 1024
MAX_SEED = 2**32 - 1

_FIELDS: dict[str, tuple[set[str], set[str]]] = {
    # type: fields that it needs, fields that it may have
    "hello": ({"protocol", "client"}, set()),
    "reset": (set(), {"seed", "mask"}),
    "step": ({"actions"}, set()),
    "state": (set(), set()),
    "restore": ({"state"}, set()),
    "close": (set(), set()),
}


def request_type(request: dict[str, Any], last_id: int) -> str:
    """The type of a request whose id and fields are in order."""
    name = request.get("type")
    if not isinstance(name, str) or name not in _FIELDS:
        raise RequestError(f"The request's type is {_short(name)}: expected one of {', '.join(_FIELDS)}.")
    if request_id(request) != last_id + 1:
        raise RequestError(
            f"The request's id is {_short(request.get('id'))}: ids count up by one, and {last_id + 1} is the next."
        )
    # Another version may have other fields.
    if name == "hello" and not (type(protocol := request.get("protocol")) is int and protocol == PROTOCOL):
        raise VersionError(
            f"The client speaks protocol {_short(request.get('protocol'))}, this server {PROTOCOL}. "
            "Install the same release of @meow-rl/envs-isaac-bridge and meow_isaac_bridge."
        )
    needed, allowed = _FIELDS[name]
    fields = set(request) - {"type", "id"}
    if missing := needed - fields:
        raise RequestError(f"{name} lacks {', '.join(sorted(missing))}.")
    if name == "hello" and not isinstance(request["client"], str):
        raise RequestError(f"hello has client {_short(request['client'])}: expected text.")
    if unknown := fields - needed - allowed:
        raise RequestError(f"{name} has the unknown field {_short(sorted(unknown)[0])}.")
    return name


def request_id(request: dict[str, Any]) -> int:
    """The id of a request, 0 where it has none."""
    number = request.get("id")
    return number if type(number) is int and 0 < number < 2**53 else 0


def seed_of(request: dict[str, Any]) -> int | None:
    seed = request.get("seed")
    if seed is None:
        return None
    if type(seed) is not int or not 0 <= seed <= MAX_SEED:
        raise RequestError(f"reset has seed {_short(seed)}: expected an integer of 0 to {MAX_SEED}.")
    return seed


def mask_of(request: dict[str, Any], num_envs: int) -> Mask | None:
    mask = request.get("mask")
    if mask is None:
        return None
    if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_ or mask.shape != (num_envs,):
        raise RequestError(f"reset has a mask of {_tensor(mask)}: expected |b1 [{num_envs}].")
    if not mask.any():
        raise RequestError("reset has a mask without a single row.")
    return mask


def actions_of(request: dict[str, Any], space: Box, num_envs: int) -> Array:
    """Actions of all rows in the simulator's dtype; they are checked before they are rounded to it."""
    actions = request["actions"]
    if not isinstance(actions, np.ndarray) or actions.dtype.kind != "f":
        raise ActionsError(f"step has actions of {_tensor(actions)}: expected <f4 or <f8 [{num_envs}, {space.entries}].")
    if actions.shape != (num_envs, space.entries):
        raise ActionsError(f"step has actions of shape {list(actions.shape)}: expected [{num_envs}, {space.entries}].")
    inside = (actions >= space.low) & (actions <= space.high)
    if not inside.all():
        row, entry = np.argwhere(~inside)[0]
        raise ActionsError(
            f"step has {actions[row, entry]} as entry {entry} of the action of row {row}: expected a number in "
            f"[{space.low[entry]}, {space.high[entry]}]. The server clips nothing."
        )
    return actions.astype(space.dtype, copy=False)


def state_of(request: dict[str, Any]) -> bytes:
    state = request["state"]
    if not isinstance(state, bytes):
        raise RequestError(f"restore has a state of type {type(state).__name__}: expected bytes.")
    return state


def _tensor(value: object) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.dtype.str} {list(value.shape)}"
    return type(value).__name__


def _short(value: object) -> str:
    if isinstance(value, (list, dict, np.ndarray)):
        return f"a {type(value).__name__}"
    return f"{value!r:.80}"
