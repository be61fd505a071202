"""Stand-ins for simulators that don't run where tests do. They show that an adapter does what the simulator's sources ask for,
and nothing about the simulator.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest


class Tensor(np.ndarray[Any, Any]):
    """As much of a tensor of PyTorch as the adapters use, on the CPU."""

    class device:  # noqa: N801
        type = "cpu"

    def detach(self) -> Tensor:
        return self

    def numpy(self) -> np.ndarray[Any, Any]:
        return self.view(np.ndarray)

    def bool(self) -> Tensor:
        return self.astype(np.bool_).view(Tensor)

    def to(self, like: Any) -> Tensor:
        return self.astype(like.dtype).view(Tensor) if isinstance(like, Tensor) else self


def module(name: str, **members: Any) -> ModuleType:
    made = ModuleType(name)
    made.__dict__.update(members)
    return made


def install(monkeypatch: pytest.MonkeyPatch, *modules: ModuleType) -> None:
    """Puts modules, and packages above them, where imports find them."""
    for made in modules:
        parts = made.__name__.split(".")
        for depth in range(1, len(parts)):
            name = ".".join(parts[:depth])
            if name not in sys.modules:
                monkeypatch.setitem(sys.modules, name, module(name, __path__=[]))
        monkeypatch.setitem(sys.modules, made.__name__, made)


def install_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    def from_numpy(array: np.ndarray[Any, Any]) -> Tensor:
        return array.view(Tensor)

    install(monkeypatch, module("torch", from_numpy=from_numpy, zeros_like=np.zeros_like))
