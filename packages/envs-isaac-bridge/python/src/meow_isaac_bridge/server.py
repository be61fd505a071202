"""Serves sessions over WebSocket. The socket's loop runs in a thread of its own, so that pings are answered while the simulator
steps; the simulator runs in the main thread, which Isaac needs.

    socket thread   message ──► inbox ─┐                 ┌─► outbox ──► message
    main thread                        └► session.answer ┘
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import queue
import socket
import stat
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve, unix_serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from .access import check_listening, refusal
from .errors import RequestError, UsageError
from .requests import SUBPROTOCOL
from .session import Reply, Session, error_reply

DEFAULT_MESSAGE_BYTES = 64 * 1024 * 1024
_CLOSE_SECONDS = 2


@dataclass(frozen=True)
class Options:
    host: str = "127.0.0.1"
    port: int = 0
    unix: str | None = None
    token: str | None = None
    origins: frozenset[str] = frozenset()
    keep: bool = False
    """Whether the server goes on after a client has closed."""
    clients: int = 1
    max_message_bytes: int = DEFAULT_MESSAGE_BYTES
    ping_interval: float = 20
    ping_timeout: float = 60


@dataclass(frozen=True)
class _Job:
    session: Session
    message: bytes
    deliver: Callable[[Reply], None]


class _Stop:
    """The last job of the main thread."""


def run_server(
    make_session: Callable[[int], Session],
    options: Options,
    listening: Callable[[dict[str, Any], Callable[[], None]], None],
) -> None:
    """Serves until it is stopped, in the calling thread, which should be the main one.

    `make_session` gets the number of the client's place, below `options.clients`. `listening` is called once, in the calling
    thread, with the address and a function that stops the server from any thread.
    """
    inbox: queue.SimpleQueue[_Job | _Stop] = queue.SimpleQueue()
    sockets = _SocketThread(make_session, options, inbox)
    address = sockets.start()
    try:
        listening(address, lambda: inbox.put(_Stop()))
        while isinstance(job := inbox.get(), _Job):
            reply = job.session.answer(job.message)
            job.deliver(reply)
            if reply.finished and not options.keep and options.clients == 1:
                break
    finally:
        sockets.stop()


class _SocketThread:
    def __init__(self, make_session: Callable[[int], Session], options: Options, inbox: queue.SimpleQueue[_Job | _Stop]) -> None:
        self._make_session = make_session
        self._options = options
        self._inbox = inbox
        self._places = set(range(options.clients))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sockets", daemon=True)
        self._server: Server | None = None
        self._conversations: set[_Conversation] = set()

    def start(self) -> dict[str, Any]:
        """Begins to listen. Returns the address."""
        options = self._options
        if options.unix is None:
            check_listening(options.host, options.token)
        self._thread.start()
        try:
            self._server = self._in_loop(self._listen())
        except UsageError:
            self.stop()
            raise
        except OSError as error:
            self.stop()
            where = options.unix or f"{options.host}:{options.port}"
            raise UsageError(
                f"Can't listen on {where}: {error.strerror or error}. Name another with {_option(options)}."
            ) from error
        if options.unix is not None:
            return {"unix": options.unix}
        host, port = next(iter(self._server.sockets)).getsockname()[:2]
        return {"host": host, "port": port}

    def stop(self) -> None:
        """Sends what is to be sent, closes all connections and ends the thread."""
        if self._server is not None:
            self._in_loop(self._close(self._server))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        if self._server is not None and self._options.unix is not None:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._options.unix)

    def _in_loop(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    async def _listen(self) -> Server:
        options = self._options
        settings: dict[str, Any] = {
            "process_request": self._admit,
            "subprotocols": [Subprotocol(SUBPROTOCOL)],
            "compression": None,
            "max_size": options.max_message_bytes,
            # One message is under way at a time; what is more waits at the peer.
            "max_queue": 2,
            "ping_interval": options.ping_interval,
            "ping_timeout": options.ping_timeout,
            "close_timeout": _CLOSE_SECONDS,
            "server_header": None,
            "logger": _logger(),
        }
        if options.unix is None:
            return await serve(self._converse, options.host, options.port, **settings)
        _remove_stale_socket(options.unix)
        # Nobody else may connect, whatever the folder allows.
        mask = os.umask(0o177)
        try:
            return await unix_serve(self._converse, options.unix, **settings)
        finally:
            os.umask(mask)

    async def _close(self, server: Server) -> None:
        # An answer that was given reaches a peer that reads.
        drains = [asyncio.ensure_future(conversation.drained()) for conversation in self._conversations]
        if drains:
            await asyncio.wait(drains, timeout=_CLOSE_SECONDS)
        for conversation in self._conversations:
            conversation.abandon()
        server.close()
        # A peer that never finished its handshake would be waited for.
        with contextlib.suppress(TimeoutError, asyncio.TimeoutError):
            await asyncio.wait_for(server.wait_closed(), _CLOSE_SECONDS)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        refused = refusal(request.headers, self._options.token, self._options.origins)
        if refused:
            return connection.respond(refused.status, refused.text)
        if not self._places:
            return connection.respond(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "Another client is connected: close it, or start the server with --clients.\n",
            )
        return None

    async def _converse(self, connection: ServerConnection) -> None:
        if not self._places:
            await connection.close(1013, "another client was faster")
            return
        place = min(self._places)
        self._places.remove(place)
        try:
            conversation = _Conversation(connection, self._make_session(place), self._inbox, self._options.ping_timeout)
            self._conversations.add(conversation)
            try:
                await conversation.run()
            finally:
                self._conversations.remove(conversation)
        finally:
            self._places.add(place)


class _Conversation:
    """Messages of one client, one at a time."""

    def __init__(
        self, connection: ServerConnection, session: Session, inbox: queue.SimpleQueue[_Job | _Stop], send_seconds: float
    ) -> None:
        self._connection = connection
        self._session = session
        self._inbox = inbox
        self._send_seconds = send_seconds
        self._loop = asyncio.get_running_loop()
        self._outbox: asyncio.Queue[Reply] = asyncio.Queue()
        self._idle = asyncio.Event()
        self._idle.set()
        self._sending = False
        self._abandoned = False

    async def run(self) -> None:
        answers = asyncio.create_task(self._send_answers())
        try:
            async for message in self._connection:
                if self._abandoned or not await self._take(message):
                    break
        except ConnectionClosed:
            pass
        finally:
            # The place is free when the simulator is: an answer that is being computed is waited for, and then dropped.
            await self._idle.wait()
            answers.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await answers

    async def drained(self) -> None:
        """Waits until all answers that were given are sent."""
        await self._outbox.join()

    def abandon(self) -> None:
        """Waits for no more answers, since the main thread gives none, and for no peer that doesn't read."""
        if not self._outbox.empty() or self._sending:
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
        self._inbox.put(_Job(self._session, message, self._deliver))
        return True

    def _deliver(self, reply: Reply) -> None:
        self._loop.call_soon_threadsafe(self._outbox.put_nowait, reply)

    async def _send_answers(self) -> None:
        while True:
            reply = await self._outbox.get()
            self._idle.set()
            try:
                await self._send(reply)
            except ConnectionClosed:
                pass
            finally:
                self._outbox.task_done()

    async def _refuse(self, text: str) -> None:
        error = RequestError(text)
        await self._send(error_reply(0, error.kind, text, None, error.close_code))

    async def _send(self, reply: Reply) -> None:
        # Pings wait behind a message that a peer doesn't read, so that they don't notice it.
        giving_up = self._loop.call_later(self._send_seconds, self._connection.transport.abort)
        self._sending = True
        try:
            await self._connection.send(reply.message)
        finally:
            self._sending = False
            giving_up.cancel()
        if reply.close_code is not None:
            await self._connection.close(reply.close_code)


def _logger() -> logging.Logger:
    """What goes wrong here is logged, but not each request that is none, of which websockets before 17 prints a traceback."""
    logger = logging.getLogger("meow_isaac_bridge.sockets")
    logger.addFilter(lambda record: record.msg != "opening handshake failed")
    return logger


def _option(options: Options) -> str:
    return "--host or --port" if options.unix is None else "--unix"


def _remove_stale_socket(path: str) -> None:
    """Raises UsageError: something else than a socket that nobody listens on is there."""
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise UsageError(f"--unix {path}: a file that is no socket is there. Name another path.")
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)
            return
    raise UsageError(f"--unix {path}: another server listens there. Name another path.")
