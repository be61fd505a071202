"""An asyncio loop that the main thread runs while it waits, and a second thread while the main one is long at work.

Isaac needs the main thread, and pings have to be answered during a long step. A loop in a thread of its own would do both, but
two threads would be woken for each step, which takes as long as all else that a short step costs here.
"""

from __future__ import annotations

import asyncio
import contextlib
import selectors
import threading
import time
from collections import deque
from collections.abc import Coroutine, Iterator
from typing import Any, Generic, TypeVar

PATIENCE_SECONDS = 0.25
"""How long the main thread works before the second one runs the loop, which looks as often."""

AWAKE_SECONDS = 0.001
"""How long the loop stays awake for what comes soon. To wake takes up to a tenth of a millisecond on a virtual machine."""

_Job = TypeVar("_Job")
_Result = TypeVar("_Result")


class AwakeSelector(selectors.DefaultSelector):
    """Looks again and again for `AWAKE_SECONDS` before it sleeps, if what it waited for last came within that time."""

    _came_soon = False

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout <= 0:
            return super().select(0)
        begun = time.perf_counter()
        soon = begun + AWAKE_SECONDS
        if self._came_soon:
            while time.perf_counter() < soon:
                if ready := super().select(0):
                    return ready
        ready = super().select(timeout)
        self._came_soon = time.perf_counter() < soon
        return ready


class SharedLoop(Generic[_Job]):
    """Made, used and closed by the main thread, which may touch what is in the loop while it isn't at work."""

    def __init__(self) -> None:
        # Windows' own kind of loop belongs to one thread, and takes the descriptor that signals are written to.
        self._loop = asyncio.SelectorEventLoop(AwakeSelector())
        self._jobs: deque[_Job] = deque()
        self._runs_loop = threading.Lock()
        self._runs_loop.acquire()
        self._working_since: float | None = None
        self._closed = threading.Event()
        self._second = threading.Thread(target=self._stand_in, name="sockets", daemon=True)
        self._second.start()

    def put(self, job: _Job) -> None:
        """From within the loop: hands a job to the main thread."""
        self._jobs.append(job)
        self._loop.stop()

    def put_from_anywhere(self, job: _Job) -> None:
        """From any thread, also after the loop was closed."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self.put, job)

    def next_job(self) -> _Job:
        """Runs the loop until there is a job."""
        while not self._jobs:
            self._loop.run_forever()
        return self._jobs.popleft()

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """While the main thread works, the second one may run the loop."""
        self._working_since = time.monotonic()
        self._runs_loop.release()
        try:
            yield
        finally:
            self._working_since = None
            if not self._runs_loop.acquire(blocking=False):
                self._loop.call_soon_threadsafe(self._loop.stop)
                self._runs_loop.acquire()

    def start(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Begins what goes on when the loop runs."""
        return self._loop.create_task(coroutine)

    def run(self, coroutine: Coroutine[Any, Any, _Result]) -> _Result:
        """Runs the loop until the coroutine has ended; jobs that come meanwhile stay."""
        task = self._loop.create_task(coroutine)
        task.add_done_callback(lambda _: self._loop.stop())
        # Others stop it too.
        while not task.done():
            self._loop.run_forever()
        return task.result()

    def close(self) -> None:
        self._closed.set()
        # The second thread may be waiting for it, having just seen a long step end.
        self._runs_loop.release()
        self._second.join()
        self._loop.close()

    def _stand_in(self) -> None:
        while not self._closed.wait(PATIENCE_SECONDS):
            since = self._working_since
            if since is None or time.monotonic() - since < PATIENCE_SECONDS:
                continue
            with self._runs_loop:
                while self._working_since is not None:
                    self._loop.run_forever()
