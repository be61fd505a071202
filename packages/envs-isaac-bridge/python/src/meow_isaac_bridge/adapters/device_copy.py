"""Tensors of PyTorch on this side of the device, in one copy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..simulator import Array


def to_host(tensors: Sequence[Any]) -> list[Array]:
    """Copies of tensors as arrays. What is on the CPU is copied too, since simulators reuse their buffers."""
    if all(tensor.device.type == "cpu" for tensor in tensors):
        return [tensor.detach().numpy().copy() for tensor in tensors]
    return in_one_copy(tensors)


def in_one_copy(tensors: Sequence[Any]) -> list[Array]:
    """Tensors put together as one row of bytes: each copy off a GPU waits for it, so that one is quicker than five."""
    import torch

    # Entries of 8 bytes come first, so that each view begins at a multiple of its entry's size.
    order = sorted(range(len(tensors)), key=lambda i: -tensors[i].element_size())
    flat = [tensors[i].detach().contiguous().reshape(-1).view(torch.uint8) for i in order]
    bytes_of_all = torch.cat(flat).cpu().numpy()
    arrays: dict[int, Array] = {}
    begin = 0
    for i, part in zip(order, flat, strict=True):
        values = bytes_of_all[begin : begin + len(part)]
        begin += len(part)
        arrays[i] = values.view(numpy_dtype(tensors[i])).reshape(tuple(tensors[i].shape))
    return [arrays[i] for i in range(len(tensors))]


def numpy_dtype(tensor: Any) -> str:
    """NumPy's name of a tensor's dtype."""
    import torch

    return {
        torch.float32: "<f4",
        torch.float64: "<f8",
        torch.bool: "|b1",
        torch.uint8: "|u1",
        torch.int32: "<i4",
        torch.int64: "<i8",
    }[tensor.dtype]
