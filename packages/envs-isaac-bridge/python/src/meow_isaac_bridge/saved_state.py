"""The bytes of `state` and `restore`: a checked envelope around what a simulator says of itself.

The bytes come back from outside, so they are read by the strict codec and nothing of them is ever run.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from .codec import decode, encode
from .errors import RequestError

_FORMAT = 1
_CHECKSUM_BYTES = hashlib.sha256().digest_size


def pack_state(task: str, versions: dict[str, str], state: dict[str, Any]) -> bytes:
    body = encode({"format": _FORMAT, "task": task, "versions": versions, **state})
    return hashlib.sha256(body).digest() + body


def unpack_state(data: bytes, task: str, versions: dict[str, str], num_envs: int) -> dict[str, Any]:
    """The state in an envelope that is whole and of this task, these versions and this number of environments."""
    checksum, body = data[:_CHECKSUM_BYTES], data[_CHECKSUM_BYTES:]
    if hashlib.sha256(body).digest() != checksum:
        raise RequestError("restore: the state's checksum is not that of its bytes. They are cut or damaged.")
    state = decode(body)
    # As text: tensors that came in their place don't compare.
    if repr(state.get("format")) != repr(_FORMAT):
        raise RequestError(f"restore: the state has format {state.get('format')!r:.40}, this server reads {_FORMAT}.")
    if repr(state.get("task")) != repr(task):
        raise RequestError(f"restore: the state is of {state.get('task')!r:.200}, this server runs {task}.")
    if repr(state.get("versions")) != repr(versions):
        raise RequestError(
            f"restore: the state is of {state.get('versions')!r:.500}, this server has {versions}. "
            "Other versions may compute other bits: install those, or reset instead."
        )
    for name, dtype in (("ended", np.bool_), ("returns", np.float64), ("lengths", np.int32)):
        array = state.get(name)
        if not isinstance(array, np.ndarray) or array.dtype != dtype or array.shape != (num_envs,):
            raise RequestError(f"restore: the state's {name} are not {np.dtype(dtype)} [{num_envs}].")
    if not isinstance(state.get("simulator"), dict):
        raise RequestError("restore: the state has no simulator's part.")
    return state
