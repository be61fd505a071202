from __future__ import annotations

import struct
from typing import Any

import msgpack
import numpy as np
import pytest
from openpi_client import msgpack_numpy

from meow_isaac_bridge.codec import decode, encode
from meow_isaac_bridge.errors import RequestError

ARRAYS = {
    "float32": np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3),
    "float64": np.array([np.nan, np.inf, -0.0, 5e-324]),
    "uint8": np.arange(300, dtype=np.uint8),
    "bool": np.array([True, False, True]),
    "int32": np.array([[-(2**31)], [2**31 - 1]], np.int32),
    "int64": np.array(-(2**63), np.int64),
    "empty": np.empty((0, 7), np.float32),
    "transposed": np.arange(6, dtype=np.float64).reshape(2, 3).T,
    "strided": np.arange(10, dtype=np.float32)[::3],
}


@pytest.mark.parametrize("name", ARRAYS)
def test_bytes_are_those_of_openpi(name: str) -> None:
    message = {"type": "step", "id": 3, "array": ARRAYS[name], "nested": {"also": ARRAYS[name]}}
    assert encode(message) == msgpack_numpy.packb(message)


@pytest.mark.parametrize("name", ARRAYS)
def test_reads_what_openpi_writes(name: str) -> None:
    array = ARRAYS[name]
    decoded = decode(msgpack_numpy.packb({"array": array}))["array"]
    assert decoded.dtype == array.dtype
    np.testing.assert_array_equal(decoded, array)


def tensor(**changes: Any) -> dict[bytes, Any]:
    fields = {"__ndarray__": True, "data": b"\0" * 8, "dtype": "<f4", "shape": [2], **changes}
    return {key.encode(): value for key, value in fields.items() if value is not None}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (tensor(data=b"\0" * 7), "has 8 bytes; 7 came"),
        (tensor(shape=[2**31 - 1, 2**31 - 1, 2**31 - 1]), "8 came"),
        (tensor(shape=[-2]), "integers >= 0"),
        (tensor(shape=[True, 2]), "integers >= 0"),
        (tensor(shape=[1] * 9), "at most 8"),
        (tensor(shape=2), "integers >= 0"),
        (tensor(shape=None), "no others"),
        (tensor(more=1), "no others"),
        (tensor(__ndarray__=1), "no others"),
        (tensor(dtype="|O"), "expected one of <f4"),
        (tensor(dtype=">f4"), "expected one of <f4"),
        (tensor(dtype=["<f4"]), "expected one of <f4"),
        (tensor(data="\0" * 8), "expected bytes"),
        (tensor(dtype="|b1", data=b"\0\2"), "other than 0 and 1"),
    ],
)
def test_refuses_tensors_that_are_none(fields: dict[bytes, Any], expected: str) -> None:
    with pytest.raises(RequestError, match=expected):
        decode(msgpack.packb({"array": fields}))


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", "none"),
        (b"\xc1", "none"),
        (msgpack.packb(5), "text keys; a int"),
        (msgpack.packb([1]), "text keys; a list"),
        (msgpack.packb({1: 2}), "none"),
        (msgpack.packb({b"a": 2}), "text keys"),
        (msgpack.packb({"a": 1}) + b"\0", "none"),
        (b"\x82\xa1a\1\xa1a\2", "key twice"),
        (msgpack.packb({"a": [0] * 33}), "none"),
        (msgpack.packb({"a": [[[0] * 32] * 32] * 32}), "more than 64 lists"),
        (msgpack.packb({"a": msgpack.ExtType(5, b"xy")}), "none"),
        (msgpack.packb({"a": "x" * 70_000}), "none"),
        # Lengths that promise 4 GiB.
        (b"\x81\xa1a\xc6" + struct.pack(">I", 2**32 - 1), "none"),
        (b"\x81\xa1a\xdd" + struct.pack(">I", 2**32 - 1), "none"),
        (b"\xdf" + struct.pack(">I", 2**32 - 1), "none"),
        (b"\x81\xa1a" + b"\x91" * 100_000, "none|more than 64"),
    ],
)
def test_refuses_messages_that_are_none(raw: bytes, expected: str) -> None:
    with pytest.raises(RequestError, match=expected):
        decode(raw)


def test_writes_no_other_dtypes() -> None:
    with pytest.raises(TypeError, match="can't hold an array of float16"):
        encode({"array": np.zeros(2, np.float16)})
    with pytest.raises(TypeError, match="can't hold a complex"):
        encode({"value": 1j})
