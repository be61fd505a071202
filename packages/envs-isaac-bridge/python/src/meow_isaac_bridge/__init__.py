"""Serves a vectorized Python simulator to meow-rl. The protocol is in PROTOCOL.md, beside this package's folder."""

from .errors import UsageError
from .simulator import AutoresetMode, Box, Description, Observations, Restorable, Simulator, Step

__all__ = [
    "AutoresetMode",
    "Box",
    "Description",
    "Observations",
    "Restorable",
    "Simulator",
    "Step",
    "UsageError",
]
