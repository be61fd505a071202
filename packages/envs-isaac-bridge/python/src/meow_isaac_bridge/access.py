"""Who may connect: decided from the upgrade request alone, the token before anything else."""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
from dataclasses import dataclass
from http import HTTPStatus

from websockets.datastructures import Headers

from .errors import UsageError
from .requests import SUBPROTOCOL

_SHORTEST_TOKEN = 16


@dataclass(frozen=True)
class Refusal:
    status: HTTPStatus
    text: str


def check_listening(host: str, token: str | None) -> None:
    """Raises UsageError: an address beyond this machine without a token, or with one that can be guessed."""
    if is_loopback(host):
        return
    if token is None:
        raise UsageError(
            f"--host {host} lets others than this machine connect, so a token is needed: put one into an environment variable "
            "and name it, for example export BRIDGE_TOKEN=$(openssl rand -hex 32) and --token-env BRIDGE_TOKEN."
        )
    if len(token) < _SHORTEST_TOKEN:
        raise UsageError(
            f"The token has {len(token)} characters: at least {_SHORTEST_TOKEN} are needed beyond the loopback interface."
        )


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def refusal(headers: Headers, token: str | None, origins: frozenset[str]) -> Refusal | None:
    """Why an upgrade request is refused; None if it isn't."""
    if token is not None and not _has_token(headers, token):
        return Refusal(
            HTTPStatus.UNAUTHORIZED,
            "A token is needed, as Authorization: Bearer, and it has to be the server's.\n",
        )
    for origin in headers.get_all("Origin"):
        if origin not in origins:
            return Refusal(
                HTTPStatus.FORBIDDEN,
                "This page may not connect: start the server with --allow-origin and its origin.\n",
            )
    if SUBPROTOCOL not in _subprotocols(headers):
        return Refusal(HTTPStatus.BAD_REQUEST, f"The client has to ask for the WebSocket subprotocol {SUBPROTOCOL}.\n")
    return None


def _has_token(headers: Headers, token: str) -> bool:
    expected = token.encode()
    matches = False
    for value in headers.get_all("Authorization"):
        scheme, _, credentials = value.partition(" ")
        matches |= hmac.compare_digest(_header_bytes(credentials.strip()), expected) and scheme.lower() == "bearer"
    for name in _subprotocols(headers):
        if name.startswith("bearer."):
            matches |= hmac.compare_digest(_base64url(name.removeprefix("bearer.")), expected)
    return matches


def _header_bytes(text: str) -> bytes:
    """websockets 16 and newer read the bytes of headers as Latin-1, older ones as ASCII with escapes."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogateescape")


def _subprotocols(headers: Headers) -> list[str]:
    return [name.strip() for value in headers.get_all("Sec-WebSocket-Protocol") for name in value.split(",")]


def _base64url(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
