"""What a simulator raised: in a line for the client, whole for the log."""

from __future__ import annotations

import os
import sysconfig
import traceback
from pathlib import Path

_BRIDGE = f"{Path(__file__).parent}{os.sep}"
_PYTHON = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})


def in_a_line(error: BaseException) -> str:
    """The exception, and the last line of the user's own that led to it."""
    said = f"{type(error).__name__}: {error}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(_BRIDGE)]
    # Libraries raise for what they are given; where nothing of the user's is among the calls, the place is theirs.
    own = [frame for frame in frames if not frame.filename.startswith((*_PYTHON, "<"))]
    place = (own or frames)[-1:]
    return said + "".join(f" ({frame.filename}, line {frame.lineno}, in {frame.name})" for frame in place)


def whole(error: BaseException) -> str:
    """Python's traceback."""
    return "".join(traceback.format_exception(error))
