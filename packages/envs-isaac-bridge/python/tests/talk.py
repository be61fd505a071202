"""A session with a simulator, without a socket."""

from __future__ import annotations

from typing import Any

from meow_isaac_bridge.adapters import make_simulator
from meow_isaac_bridge.cli import parse
from meow_isaac_bridge.codec import decode, encode
from meow_isaac_bridge.session import Session
from meow_isaac_bridge.simulator import Simulator


class Talk:
    """Begins with hello, whose answer is `about`."""

    def __init__(self, task: str, *arguments: str) -> None:
        options = parse([task, *arguments]).simulator
        self.simulator: Simulator = make_simulator(options)
        self._session = Session(task, lambda: self.simulator, options.seed)
        self._last_id = 0
        self.about = self.ask("hello", protocol=1, client="test")

    def ask(self, name: str, **fields: Any) -> dict[str, Any]:
        self._last_id += 1
        return decode(self._session.answer(encode({"type": name, "id": self._last_id, **fields})).message)
