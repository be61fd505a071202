"""What a simulator raised, in a line for the client; the traceback is for the log."""

from __future__ import annotations

import os
import sysconfig
import traceback
from pathlib import Path

_BRIDGE = f"{Path(__file__).parent}{os.sep}"
_STANDARD = tuple({f"{sysconfig.get_path(name)}{os.sep}" for name in ("stdlib", "platstdlib")})


def in_a_line(error: BaseException) -> str:
    """The exception, and the last line of the user's own that led to it."""
    said = " ".join(f"{type(error).__name__}: {error}".split())
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith((_BRIDGE, "<"))]
    # Libraries raise for what they are given; where nothing of the user's is among the calls, the place is theirs.
    own = [frame for frame in frames if not _is_library(frame.filename)]
    # A SyntaxError names its own place.
    place = [] if isinstance(error, SyntaxError) else (own or frames)[-1:]
    return said + "".join(f" ({frame.filename}, line {frame.lineno}, in {frame.name})" for frame in place)


def _is_library(file: str) -> bool:
    return file.startswith(_STANDARD) or not {"site-packages", "dist-packages"}.isdisjoint(Path(file).parts)
