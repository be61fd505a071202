"""How the loop waits."""

from __future__ import annotations

import selectors
import socket
import threading
import time

from meow_isaac_bridge.shared_loop import AWAKE_SECONDS, AwakeSelector


def test_what_comes_soon_is_taken_and_awaited_awake() -> None:
    selector = AwakeSelector()
    near, far = socket.socketpair()
    with selector, near, far:
        selector.register(near, selectors.EVENT_READ)
        for byte in (b"a", b"b", b"c"):
            far.send(byte)
            assert [key.fileobj for key, _ in selector.select()] == [near]
            assert near.recv(1) == byte
        assert selector.select(0) == []


def test_what_comes_late_is_taken_too() -> None:
    selector = AwakeSelector()
    near, far = socket.socketpair()
    with selector, near, far:
        selector.register(near, selectors.EVENT_READ)
        for _ in range(2):
            timer = threading.Timer(0.05, far.send, (b"a",))
            timer.start()
            assert [key.fileobj for key, _ in selector.select(10)] == [near]
            timer.join()
            near.recv(1)


def test_who_waits_long_sleeps() -> None:
    selector = AwakeSelector()
    near, far = socket.socketpair()
    with selector, near, far:
        selector.register(near, selectors.EVENT_READ)
        begun, worked = time.monotonic(), time.process_time()
        for _ in range(3):
            assert selector.select(0.1) == []
        assert time.monotonic() - begun > 0.29
        # Awake at most once.
        assert time.process_time() - worked < 0.05 + AWAKE_SECONDS
