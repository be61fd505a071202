"""Serves sessions over WebSocket. Simulators run in the main thread, which Isaac needs; `SharedLoop` has the sockets."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import stat
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve, unix_serve
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from .access import check_listening, refusal
from .conversation import Conversation, Job
from .errors import UsageError
from .requests import SUBPROTOCOL
from .session import Session
from .shared_loop import SharedLoop

DEFAULT_MESSAGE_BYTES = 64 * 1024 * 1024
DEFAULT_PING_INTERVAL = 20.0
"""Seconds. Proxies close connections on which nothing is sent, often after a minute."""
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
    ping_interval: float = DEFAULT_PING_INTERVAL


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
    loop: SharedLoop[Job | _Stop] = SharedLoop()
    sockets = _Sockets(make_session, options, loop)
    try:
        listening(loop.run(sockets.open()), lambda: loop.put_from_anywhere(_Stop()))
        while isinstance(job := loop.next_job(), Job):
            conversation = job.conversation
            with loop.at_work():
                reply = conversation.session.answer(job.message)
            conversation.answered(reply, loop.start)
            if reply.finished and not options.keep and options.clients == 1:
                break
    finally:
        loop.run(sockets.close())
        loop.close()


class _Sockets:
    def __init__(self, make_session: Callable[[int], Session], options: Options, loop: SharedLoop[Job | _Stop]) -> None:
        self._make_session = make_session
        self._options = options
        self._hand_over = loop.put
        self._places = set(range(options.clients))
        self._server: Server | None = None
        self._conversations: set[Conversation] = set()

    async def open(self) -> dict[str, Any]:
        """Begins to listen. Returns the address."""
        options = self._options
        if options.unix is None:
            check_listening(options.host, options.token)
        try:
            self._server = await self._listen()
        except OSError as error:
            where = options.unix or f"{options.host}:{options.port}"
            raise UsageError(
                f"Can't listen on {where}: {error.strerror or error}. Name another with {_option(options)}."
            ) from error
        if options.unix is not None:
            return {"unix": options.unix}
        host, port = next(iter(self._server.sockets)).getsockname()[:2]
        return {"host": host, "port": port}

    async def close(self) -> None:
        """Sends what is to be sent, and closes all connections."""
        if self._server is None:
            return
        await self._close(self._server)
        if self._options.unix is not None:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._options.unix)

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
            # A client that stands still, in a debugger or a suspended machine, hasn't lost its episodes. The machine of one that
            # is gone without a word doesn't acknowledge the pings: the system gives such a connection up.
            "ping_timeout": None,
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
            conversation = Conversation(connection, self._make_session(place), self._hand_over)
            self._conversations.add(conversation)
            try:
                await conversation.run()
            finally:
                self._conversations.remove(conversation)
        finally:
            self._places.add(place)


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
