"""MessagePack with tensors, as openpi's policy servers write them: `{b"__ndarray__": true, b"data", b"dtype", b"shape"}`.

What is read comes from outside, so it is bounded: tensors have a dtype of a short list and exactly the bytes that their shape
asks for, and nothing but tensors' bytes can be long.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

import msgpack
import numpy as np
from numpy.typing import NDArray

from .errors import RequestError

DTYPES = ("<f4", "<f8", "|u1", "|b1", "<i4", "<i8")

_LONGEST_TEXT = 64 * 1024
_MOST_ENTRIES = 32
_MOST_CONTAINERS = 64
_LARGEST_DIMENSION = 2**31 - 1
_MOST_DIMENSIONS = 8

_TENSOR_KEYS = frozenset({b"__ndarray__", b"data", b"dtype", b"shape"})


def encode(message: dict[str, Any]) -> bytes:
    """Packs a message; its arrays have one of `DTYPES`."""
    return msgpack.packb(message, default=_pack_tensor)  # type: ignore[no-any-return]


def _pack_tensor(value: object) -> object:
    if not isinstance(value, np.ndarray):
        raise TypeError(f"A message can't hold a {type(value).__name__}: expected text, numbers, bytes, lists, maps or arrays.")
    array = np.ascontiguousarray(value) if value.ndim else value
    if sys.byteorder == "big":
        array = array.astype(array.dtype.newbyteorder("<"))
    if array.dtype.str not in DTYPES:
        raise TypeError(f"A message can't hold an array of {value.dtype}: expected one of {', '.join(DTYPES)}.")
    # A view spares a copy; Python has none of an array without entries.
    data = array.data if array.size and array.ndim else array.tobytes()
    return {b"__ndarray__": True, b"data": data, b"dtype": array.dtype.str, b"shape": array.shape}


def decode(raw: bytes) -> dict[str, Any]:
    """Unpacks a message; its arrays are read-only views of `raw`'s copy.

    Raises RequestError: not MessagePack, not a map with text keys, or a tensor that isn't as above.
    """
    containers = 0

    def count() -> None:
        nonlocal containers
        containers += 1
        if containers > _MOST_CONTAINERS:
            raise RequestError(f"The message has more than {_MOST_CONTAINERS} lists and maps.")

    def on_map(pairs: Iterable[tuple[Any, Any]]) -> Any:
        count()
        entries = list(pairs)
        fields = dict(entries)
        if len(fields) != len(entries):
            raise RequestError("A map of the message has a key twice.")
        return _unpack_tensor(fields) if b"__ndarray__" in fields else fields

    def on_list(entries: list[Any]) -> list[Any]:
        count()
        return entries

    try:
        message = msgpack.unpackb(
            raw,
            object_pairs_hook=on_map,
            list_hook=on_list,
            max_str_len=_LONGEST_TEXT,
            max_bin_len=len(raw),
            max_array_len=_MOST_ENTRIES,
            max_map_len=_MOST_ENTRIES,
            max_ext_len=0,
        )
    except RequestError:
        raise
    # msgpack raises subclasses of these for bytes that it doesn't take, RecursionError or StackError for nests.
    except (ValueError, TypeError, RecursionError, msgpack.UnpackException) as error:
        raise RequestError(f"Expected one MessagePack map; the {len(raw)} bytes that came are none ({error}).") from error
    if not isinstance(message, dict) or not all(isinstance(key, str) for key in message):
        raise RequestError(f"Expected a map with text keys; a {type(message).__name__} came.")
    return message


def _unpack_tensor(fields: dict[Any, Any]) -> NDArray[Any]:
    if frozenset(fields) != _TENSOR_KEYS or fields[b"__ndarray__"] is not True:
        raise RequestError("A tensor needs the keys __ndarray__ (true), data, dtype and shape, as byte strings, and no others.")
    data, dtype, shape = fields[b"data"], fields[b"dtype"], fields[b"shape"]
    if dtype not in DTYPES:
        raise RequestError(f"A tensor has dtype {dtype!r:.40}: expected one of {', '.join(DTYPES)}.")
    if not isinstance(data, bytes):
        raise RequestError(f"A tensor's data is a {type(data).__name__}: expected bytes.")
    if (
        not isinstance(shape, list)
        or len(shape) > _MOST_DIMENSIONS
        or not all(type(size) is int and 0 <= size <= _LARGEST_DIMENSION for size in shape)
    ):
        raise RequestError(f"A tensor's shape is {shape!r:.80}: expected a list of at most {_MOST_DIMENSIONS} integers >= 0.")
    size = np.dtype(dtype).itemsize
    for dimension in shape:
        size *= dimension
    if size != len(data):
        raise RequestError(f"A tensor of {dtype} and shape {shape} has {size} bytes; {len(data)} came.")
    array = np.frombuffer(data, dtype=dtype).reshape(shape)
    if dtype == "|b1" and array.view(np.uint8).max(initial=0) > 1:
        raise RequestError("A tensor of |b1 has entries other than 0 and 1.")
    return array
