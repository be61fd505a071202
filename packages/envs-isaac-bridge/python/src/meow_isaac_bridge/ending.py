"""How the server ends: by a signal, by the end of stdin or by its client, and for certain."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable
from types import FrameType

from .log import say

GRACE_SECONDS = 10.0


class Ending:
    """Asked to end from any thread, it says so once, and ends the process by force where that isn't heeded in time."""

    def __init__(self, grace_seconds: float = GRACE_SECONDS) -> None:
        self._grace_seconds = grace_seconds
        self._lock = threading.Lock()
        self._asked = False
        self._on_ask: Callable[[], None] | None = None

    def on_ask(self, action: Callable[[], None]) -> None:
        """What ends the server; runs at once if that was asked for before."""
        with self._lock:
            self._on_ask = action
            asked = self._asked
        if asked:
            action()

    def ask(self, why: str) -> None:
        with self._lock:
            if self._asked:
                return
            self._asked = True
            action = self._on_ask
        say(f"{why}, ending")
        if not action:
            _force("the simulator was still being made")
        else:
            timer = threading.Timer(self._grace_seconds, _force, ["the simulator did not end in time"])
            timer.daemon = True
            # No thread begins where the interpreter ends already.
            with contextlib.suppress(RuntimeError):
                timer.start()
            action()


def _force(why: str) -> None:
    """A simulator that hangs in native code can't be asked."""
    say(f"{why}, ended by force")
    os._exit(1)


def end_on_signals(ending: Ending) -> None:
    """Ends on SIGTERM and SIGINT, also where the main thread is inside native code. Call it in the main thread, and after the
    simulator is there: some set handlers of their own."""
    reader, writer = socket.socketpair()
    writer.setblocking(False)

    def leave_to_thread(_number: int, _frame: FrameType | None) -> None:
        """Python's own handler runs in the main thread alone, which may be inside the simulator."""

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave_to_thread)
    signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)

    def watch() -> None:
        # The writer stays open as long as this thread lives.
        while number := reader.recv(1):
            if number[0] in (signal.SIGTERM, signal.SIGINT):
                ending.ask(f"got {signal.Signals(number[0]).name}")
        writer.close()

    threading.Thread(target=watch, name="signals", daemon=True).start()


def end_with_stdin(ending: Ending) -> None:
    """Ends when stdin does, which is when whoever started the server is gone."""
    descriptor = os.dup(0)
    # A simulator that asks for input would take the pipe's, and wait for ever.
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)

    def watch() -> None:
        try:
            while os.read(descriptor, 4096):
                pass
        except OSError:
            pass
        ending.ask("stdin was closed")

    threading.Thread(target=watch, name="stdin", daemon=True).start()
