"""A client of the bridge, for tests: plain requests, nothing is hidden."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from websockets.sync.client import ClientConnection, connect, unix_connect

from meow_isaac_bridge.codec import decode, encode

SUBPROTOCOL = "meow-bridge.v1"


class Client:
    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self._last_id = 0

    def send(self, name: str, **fields: Any) -> None:
        self._last_id += 1
        self.connection.send(encode({"type": name, "id": self._last_id, **fields}))

    def receive(self) -> dict[str, Any]:
        message = self.connection.recv(timeout=120)
        assert isinstance(message, bytes)
        return decode(message)

    def ask(self, name: str, **fields: Any) -> dict[str, Any]:
        self.send(name, **fields)
        answer = self.receive()
        assert answer["id"] == self._last_id, answer
        return answer

    def hello(self) -> dict[str, Any]:
        return self.ask("hello", protocol=1, client="test")

    def step(self, actions: np.ndarray[Any, Any]) -> dict[str, Any]:
        answer = self.ask("step", actions=actions)
        assert answer["type"] == "step", answer
        return answer


@contextmanager
def client_of(address: dict[str, Any], **settings: Any) -> Iterator[Client]:
    settings = {"subprotocols": [SUBPROTOCOL], "compression": None, "max_size": 2**28, **settings}
    if "unix" in address:
        connection = unix_connect(address["unix"], "ws://localhost/", **settings)
    else:
        connection = connect(f"ws://{address['host']}:{address['port']}", proxy=None, **settings)
    with connection:
        yield Client(connection)


class Server:
    """A server in a process of its own, as a user starts it."""

    def __init__(self, *arguments: str, python: tuple[str, ...] = (sys.executable,), **environment: str) -> None:
        self.process = subprocess.Popen(
            [*python, "-m", "meow_isaac_bridge", *arguments, "--end-with-stdin"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **environment},
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            _, log = self.process.communicate()
            raise RuntimeError(f"The server ended with {self.process.returncode}: {log.decode()}")
        first = json.loads(line)
        self.address: dict[str, Any] = first["listening"]
        assert first["pid"] == self.process.pid

    def end(self) -> tuple[int, str, str]:
        """Closes stdin; returns the exit code and what else the server printed."""
        output, log = self.process.communicate(timeout=30)
        return self.process.returncode, output.decode(), log.decode()


@contextmanager
def server_of(*arguments: str, python: tuple[str, ...] = (sys.executable,), **environment: str) -> Iterator[Server]:
    server = Server(*arguments, python=python, **environment)
    try:
        yield server
    finally:
        if server.process.returncode is None:
            server.end()
