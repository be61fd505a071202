"""Messages of one client, one at a time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from .errors import RequestError
from .session import Reply, Session, error_reply

_TURNS_TO_READ = 2
"""Of the loop: from the bytes of a message to who takes it."""


@dataclass(frozen=True)
class Job:
    """A message that the main thread is to answer."""

    conversation: Conversation
    message: bytes


class Conversation:
    """Takes a client's messages and sends the answers. All calls come from who runs the loop, or while nobody runs it."""

    def __init__(self, connection: ServerConnection, session: Session, hand_over: Callable[[Job], None]) -> None:
        self.session = session
        self._connection = connection
        self._hand_over = hand_over
        self._idle = asyncio.Event()
        self._idle.set()
        self._sends: set[asyncio.Task[None]] = set()
        self._abandoned = False

    async def run(self) -> None:
        try:
            async for message in self._connection:
                if self._abandoned or not await self._take(message):
                    break
        except ConnectionClosed:
            pass
        finally:
            # The place is free when the simulator is: an answer that is being computed is waited for, and then dropped.
            await self._idle.wait()

    def answered(self, reply: Reply, start: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]) -> None:
        """The main thread has an answer, which is sent when the loop runs."""
        sending = start(self._answer(reply))
        self._sends.add(sending)
        sending.add_done_callback(self._sends.discard)

    async def _answer(self, reply: Reply) -> None:
        # What came during a step that nobody ran the loop in came before the answer: it is read, and refused, first.
        for _ in range(_TURNS_TO_READ):
            await asyncio.sleep(0)
        self._idle.set()
        await self._send(reply)

    async def _send(self, reply: Reply) -> None:
        with contextlib.suppress(ConnectionClosed):
            await self._connection.send(reply.message)
            if reply.close_code is not None:
                await self._connection.close(reply.close_code)

    async def drained(self) -> None:
        """Waits until all answers that were given are sent."""
        await asyncio.gather(*self._sends)

    def abandon(self) -> None:
        """Waits for no more answers, since the main thread gives none, and for no peer that doesn't read."""
        if self._sends:
            self._connection.transport.abort()
        self._abandoned = True
        self._idle.set()

    async def _take(self, message: str | bytes) -> bool:
        """Hands a message to the main thread; false if the client may send no more."""
        if isinstance(message, str):
            await self._refuse("Expected a binary message, a text message came.")
            return False
        if not self._idle.is_set():
            await self._refuse("A request came before the one before it was answered: one is under way at a time.")
            return False
        self._idle.clear()
        self._hand_over(Job(self, message))
        return True

    async def _refuse(self, text: str) -> None:
        error = RequestError(text)
        await self._send(error_reply(0, error.kind, text, None, error.close_code))
