"""Errors that have a kind of their own in the protocol; all others are the simulator's."""

from __future__ import annotations


class UsageError(Exception):
    """The server was started with something that it can't do. The text says what to do instead."""


class ProtocolError(Exception):
    """A request that can't be answered, and the status that the connection is then closed with, if any."""

    kind = "request"
    close_code: int | None = 1008


class RequestError(ProtocolError):
    """A message that isn't as the protocol has it."""


class VersionError(ProtocolError):
    """A client of another protocol."""

    kind = "version"


class ActionsError(ProtocolError):
    """Actions of a wrong shape, not finite or out of bounds. Nothing has moved."""

    kind = "actions"
    close_code = None
