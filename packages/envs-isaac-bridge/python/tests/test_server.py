"""A real server in a process of its own: who may connect, how it ends, and what clients may do to it."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from meow_isaac_bridge.codec import decode, encode

from .client import SUBPROTOCOL, Client, Server, client_of, server_of

STAND_IN = "tests.stand_in:make"
TOKEN = "a token of our own, long"  # noqa: S105
HANDSHAKE = (
    "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    f"Sec-WebSocket-Key: {base64.b64encode(bytes(16)).decode()}\r\nSec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n"
).encode()
HELLO = encode({"type": "hello", "id": 1, "protocol": 1, "client": "test"})
FOLDER = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def in_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)


@pytest.fixture(scope="module")
def kept_server() -> Iterator[Server]:
    folder = os.getcwd()
    os.chdir(FOLDER)
    with server_of(STAND_IN, "--num-envs", "3", "--keep") as server:
        os.chdir(folder)
        yield server


def refused(address: dict[str, Any], **settings: Any) -> tuple[int, str]:
    with pytest.raises(InvalidStatus) as caught, client_of(address, **settings):
        pass
    return caught.value.response.status_code, caught.value.response.body.decode()


def works(client: Client) -> None:
    assert client.hello()["numEnvs"] == 3
    assert client.ask("reset", seed=2)["observations"].tolist() == [[0, 0, 2], [1, 0, 2], [2, 0, 2]]
    answer = client.step(np.full((3, 2), 0.5, np.float32))
    assert answer["observations"].tolist() == [[0, 1, 3], [1, 1, 3], [2, 1, 3]]
    assert answer["criticObservations"].tolist() == [[-1], [-1], [-1]]


def close_code(client: Client) -> int | None:
    with pytest.raises(ConnectionClosed) as caught:
        client.connection.recv(timeout=10)
    return caught.value.rcvd.code if caught.value.rcvd else None


def test_a_closed_client_ends_the_server() -> None:
    with server_of(STAND_IN, "--num-envs", "3") as server:
        with client_of(server.address) as client:
            works(client)
            assert client.ask("close")["type"] == "close"
            assert close_code(client) == 1000
        # Stdin is still open: it ended by itself.
        assert server.process.wait(10) == 0
        log = server.end()[2]
        where = f"127.0.0.1:{server.address['port']}"
        assert log.startswith(f"meow_isaac_bridge: serves {STAND_IN}, num_envs 3, on {where} (meow_isaac_bridge ")
        assert re.search(r"\(meow_isaac_bridge \S+, python 3\S+, numpy \S+\)\n", log)
        assert "counters closed" in log


def test_a_vanished_client_does_not_end_the_server_and_the_next_begins_anew() -> None:
    with server_of(STAND_IN, "--num-envs", "3") as server:
        with client_of(server.address) as client:
            works(client)
            client.connection.socket.shutdown(socket.SHUT_RDWR)
        with connected_at_last(server) as client:
            works(client)


def connected_at_last(server: Server) -> Any:
    """The place is free a moment after a client has gone."""
    for _ in range(100):
        try:
            context = client_of(server.address)
            client = context.__enter__()
        except InvalidStatus as error:
            assert error.response.status_code == 503  # noqa: PT017
            time.sleep(0.05)
        else:
            return _Entered(context, client)
    raise AssertionError("The place did not become free.")


class _Entered:
    def __init__(self, context: Any, client: Client) -> None:
        self._context, self._client = context, client

    def __enter__(self) -> Client:
        return self._client

    def __exit__(self, *_: object) -> None:
        self._context.__exit__(None, None, None)


def test_a_unix_socket_is_for_this_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "bridge"
    with server_of(STAND_IN, "--num-envs", "3", "--unix", str(path)) as server:
        assert server.address == {"unix": str(path)}
        assert path.stat().st_mode & 0o777 == 0o600
        with client_of(server.address) as client:
            works(client)
        with pytest.raises(RuntimeError, match="another server listens there"):
            Server(STAND_IN, "--unix", str(path))
    assert not path.exists()
    path.write_text("precious")
    with pytest.raises(RuntimeError, match="a file that is no socket"):
        Server(STAND_IN, "--unix", str(path))
    assert path.read_text() == "precious"


def test_a_socket_that_nobody_listens_on_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "bridge"
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))
    with server_of(STAND_IN, "--num-envs", "3", "--unix", str(path)) as server, client_of(server.address) as client:
        works(client)


def test_a_second_client_is_refused_while_there_is_one(kept_server: Server) -> None:
    with connected_at_last(kept_server) as client:
        works(client)
        status, text = refused(kept_server.address)
        assert status == 503
        assert "Another client" in text
        client.ask("close")
    with connected_at_last(kept_server) as client:
        works(client)


def test_more_clients_have_environments_of_their_own() -> None:
    with (
        server_of(STAND_IN, "--num-envs", "3", "--clients", "2") as server,
        client_of(server.address) as first,
        client_of(server.address) as second,
    ):
        works(first)
        works(second)
        assert first.step(np.zeros((3, 2)))["observations"][:, 1].tolist() == [2, 2, 2]
        assert second.step(np.zeros((3, 2)))["observations"][:, 1].tolist() == [2, 2, 2]
        assert refused(server.address)[0] == 503


def test_a_token_is_asked_for_before_anything_else() -> None:
    with server_of(STAND_IN, "--num-envs", "3", "--token-env", "SECRET", "--keep", SECRET=TOKEN) as server:
        # A wrong token is what is told, whatever else is wrong.
        for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": f"Basic {TOKEN}"}, {"Origin": "http://evil"}):
            assert refused(server.address, additional_headers=headers, subprotocols=None)[0] == 401
        bearer = {"Authorization": f"Bearer {TOKEN}"}
        assert refused(server.address, additional_headers=bearer, subprotocols=None)[0] == 400
        with client_of(server.address, additional_headers=bearer) as client:
            works(client)
            client.ask("close")
        encoded = base64.urlsafe_b64encode(TOKEN.encode()).decode().rstrip("=")
        with client_of(server.address, subprotocols=[SUBPROTOCOL, f"bearer.{encoded}"]) as client:
            assert client.connection.subprotocol == SUBPROTOCOL
            works(client)
        # Bytes of a header that are no text.
        assert status_of(server, b"Bearer \xff\xfe\xc3") == 401
        wrong = [SUBPROTOCOL, f"bearer.{encoded[:-1]}", "bearer.####"]
        assert refused(server.address, subprotocols=wrong[:2])[0] == 401


def test_a_token_is_of_utf_8() -> None:
    token = "geheim-0123456789-ä-Ж"  # noqa: S105
    with server_of(STAND_IN, "--num-envs", "3", "--token-env", "SECRET", "--keep", SECRET=token) as server:
        assert status_of(server, f"Bearer {token}".encode()) == 101
        assert status_of(server, f"Bearer {token[:-1]}".encode()) == 401
        assert status_of(server, "Bearer geheim-0123456789-ä".encode("latin-1")) == 401


def status_of(server: Server, authorization: bytes) -> int:
    """The status of a handshake with that header."""
    with socket.create_connection((server.address["host"], server.address["port"])) as raw:
        protocol = f"Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\nAuthorization: ".encode()
        raw.sendall(HANDSHAKE.replace(f"Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n".encode(), protocol + authorization + b"\r\n"))
        return int(raw.recv(4096).split()[1])


def test_pages_and_other_protocols_are_refused(kept_server: Server) -> None:
    assert refused(kept_server.address, origin="http://evil.example")[0] == 403
    assert refused(kept_server.address, subprotocols=None)[0] == 400
    status, text = refused(kept_server.address, subprotocols=["meow-bridge.v2"])
    assert status == 400
    assert SUBPROTOCOL in text


def test_a_page_that_was_named_may_connect() -> None:
    with server_of(STAND_IN, "--num-envs", "3", "--allow-origin", "http://lab.example") as server:
        assert refused(server.address, origin="http://evil.example")[0] == 403
        with client_of(server.address, origin="http://lab.example") as client:
            works(client)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([STAND_IN, "--host", "192.0.2.1"], "a token is needed"),
        ([STAND_IN, "--max-message-bytes", "1000"], "Give both sides at least"),
    ],
)
def test_what_cannot_be_served_is_said_at_once(arguments: list[str], expected: str) -> None:
    with pytest.raises(RuntimeError, match="ended with 2") as caught:
        Server(*arguments)
    assert expected in str(caught.value)
    assert "Traceback" not in str(caught.value)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_close_the_simulator(number: signal.Signals) -> None:
    with server_of(STAND_IN, "--num-envs", "3") as server, client_of(server.address) as client:
        works(client)
        server.process.send_signal(number)
        assert close_code(client) == 1001
        assert server.process.wait(10) == 0
        assert "counters closed" in server.end()[2]


def test_the_end_of_stdin_ends_the_server_in_the_middle_of_a_step() -> None:
    slow = '{"step_seconds": 1}'
    with server_of(STAND_IN, "--num-envs", "3", "--env-args", slow) as server, client_of(server.address) as client:
        client.hello()
        client.ask("reset")
        client.send("step", actions=np.zeros((3, 2)))
        time.sleep(0.1)
        code, output, log = server.end()
        assert (code, output) == (0, "")
        assert "stdin was closed" in log
        assert "counters closed" in log
        # The step was finished, and its answer sent.
        assert client.receive()["type"] == "step"


def test_the_end_of_whoever_read_its_log_ends_the_server() -> None:
    with server_of(STAND_IN, "--num-envs", "3") as server:
        assert server.process.stdin is not None
        assert server.process.stderr is not None
        server.process.stderr.close()
        server.process.stdin.close()
        server.process.wait(10)


def test_a_peer_that_does_not_read_holds_nothing_up() -> None:
    with server_of(STAND_IN, "--num-envs", "1000000", "--max-message-bytes", str(2**28)) as server:
        with socket.create_connection((server.address["host"], server.address["port"])) as raw:
            raw.sendall(HANDSHAKE + frame_of(HELLO))
            received = b""
            while b"restorable" not in received:
                received += raw.recv(65536)
            # The answer has 16 MB, more than the buffers of both sides.
            raw.sendall(frame_of(encode({"type": "reset", "id": 2})))
            time.sleep(0.5)
            server.process.send_signal(signal.SIGTERM)
            assert server.process.wait(10) == 0
        assert "ended by force" not in server.end()[2]


def test_a_simulator_that_hangs_is_ended_by_force() -> None:
    code = (
        "import meow_isaac_bridge.ending as e; e.GRACE_SECONDS = 0.5; e.Ending.__init__.__defaults__ = (0.5,);"
        "import sys; from meow_isaac_bridge.__main__ import main; sys.exit(main(sys.argv[1:]))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, "tests.stand_in:hangs_in_native_code"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    port = int(process.stdout.readline().split('"port": ')[1].split("}")[0])
    with client_of({"host": "127.0.0.1", "port": port}) as client:
        client.hello()
        client.ask("reset")
        client.send("step", actions=np.zeros((1, 2)))
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=10)
    assert process.returncode == 1
    assert "ended by force" in log


def test_pings_are_answered_while_a_step_runs() -> None:
    slow = '{"step_seconds": 1.5}'
    with server_of(STAND_IN, "--num-envs", "3", "--env-args", slow) as server, client_of(server.address) as client:
        client.hello()
        client.ask("reset")
        client.send("step", actions=np.zeros((3, 2)))
        began = time.monotonic()
        assert client.connection.ping().wait(1)
        assert time.monotonic() - began < 1
        assert client.receive()["type"] == "step"
        assert time.monotonic() - began > 1


STEPPING = """
import json, sys
import numpy as np
from tests.client import client_of
with client_of(json.loads(sys.argv[1]), ping_interval=None) as client:
    print(client.hello()["numEnvs"], flush=True)
    client.ask("reset", seed=2)
    for line in sys.stdin:
        print(client.step(np.full((int(line), 2), 0.5, np.float32))["observations"][0].tolist(), flush=True)
"""


@pytest.mark.parametrize("rows", [3, 500_000])
def test_a_client_that_stands_still_goes_on_afterwards(rows: int) -> None:
    """In the middle of a step, whose answer is small or larger than the buffers of both sides, and for many pings."""
    slow = '{"step_seconds": 0.3}'
    arguments = ("--num-envs", str(rows), "--ping-interval", "0.1", "--env-args", slow, "--max-message-bytes", str(2**28))
    with server_of(STAND_IN, *arguments) as server:
        client = subprocess.Popen(
            [sys.executable, "-c", STEPPING, json.dumps(server.address)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert client.stdin is not None
        assert client.stdout is not None
        assert client.stdout.readline() == f"{rows}\n"
        for count in (1, 2):
            client.stdin.write(f"{rows}\n")
            client.stdin.flush()
            time.sleep(0.2)
            client.send_signal(signal.SIGSTOP)
            time.sleep(1.5)
            client.send_signal(signal.SIGCONT)
            assert client.stdout.readline() == f"{[0.0, float(count), 2.0 + count]}\n"
        client.communicate(timeout=10)
        assert client.returncode == 0


# The sockets are looked at from another thread only where a step takes long.
@pytest.mark.parametrize("seconds", [0.2, 1])
def test_a_second_request_before_the_answer_is_an_error(seconds: float) -> None:
    slow = json.dumps({"step_seconds": seconds})
    with server_of(STAND_IN, "--num-envs", "3", "--env-args", slow, "--keep") as server:
        with client_of(server.address) as client:
            client.hello()
            client.ask("reset")
            client.send("step", actions=np.zeros((3, 2)))
            client.send("step", actions=np.zeros((3, 2)))
            answer = client.receive()
            assert (answer["kind"], answer["id"]) == ("request", 0)
            assert "one is under way at a time" in answer["message"]
            assert close_code(client) == 1008
        with connected_at_last(server) as client:
            client.hello()


def test_text_garbage_and_oversized_messages_close_the_connection(kept_server: Server) -> None:
    with connected_at_last(kept_server) as client:
        client.connection.send("text")
        assert client.receive()["kind"] == "request"
        assert close_code(client) == 1008
    with connected_at_last(kept_server) as client:
        client.connection.send(b"\xff\x00garbage")
        answer = client.receive()
        assert (answer["kind"], answer["id"]) == ("request", 0)
        assert close_code(client) == 1008
    with connected_at_last(kept_server) as client:
        # A frame that promises 2**62 bytes, and no more than its head.
        client.connection.socket.sendall(b"\x82\xff" + (2**62).to_bytes(8, "big") + b"\0\0\0\0")
        assert close_code(client) == 1009
    with connected_at_last(kept_server) as client:
        works(client)


def test_half_a_frame_and_half_a_handshake_hold_nobody_up(kept_server: Server) -> None:
    half = socket.create_connection((kept_server.address["host"], kept_server.address["port"]))
    half.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
    with connected_at_last(kept_server) as client:
        client.hello()
        # The head of a frame of 100 bytes, and ten of them.
        client.connection.socket.sendall(b"\x82\xe4\0\0\0\0" + b"x" * 10)
        client.connection.socket.shutdown(socket.SHUT_RDWR)
    with connected_at_last(kept_server) as client:
        works(client)
    half.close()


def test_a_simulator_that_asks_for_input_gets_none() -> None:
    # The line is the last one, after the traceback.
    last = r"(?s)ended with 1: .*\nmeow_isaac_bridge: EOFError: [^\n]* \([^\n]*stand_in\.py, line \d+, in asking\)\n"
    with pytest.raises(RuntimeError, match=last), server_of("tests.stand_in:asking"):
        pass


def test_half_a_handshake_does_not_hold_the_end_up() -> None:
    with server_of(STAND_IN, "--num-envs", "3") as server:
        with socket.create_connection((server.address["host"], server.address["port"])) as half:
            half.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
            time.sleep(0.2)
            began = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            assert server.process.wait(15) == 0
            assert time.monotonic() - began < 5
        _, _, log = server.end()
        assert "counters closed" in log
        assert "Traceback" not in log
        assert "pending" not in log


def test_mutated_messages_are_answered_or_refused(kept_server: Server) -> None:
    """Whatever a message is: an answer that can be read, or a closed connection; and the next client finds all in order."""
    random = np.random.default_rng(20261129)
    later = [
        encode({"type": "reset", "id": 2, "seed": 3}),
        encode({"type": "step", "id": 2, "actions": np.zeros((3, 2), np.float32)}),
        encode({"type": "restore", "id": 2, "state": bytes(64)}),
    ]
    kinds = {"answered": 0, "refused": 0}
    for number in range(160):
        first_is_mutated = number % 4 == 0
        with connected_at_last(kept_server) as client:
            client.connection.send(mutate(HELLO, random) if first_is_mutated else HELLO)
            answer = client.receive()
            if not first_is_mutated:
                assert answer["type"] == "hello"
                client.connection.send(mutate(later[number % 3], random))
                answer = client.receive()
            if answer["type"] == "error":
                assert answer["kind"] in ("request", "version", "actions")
                kinds["refused"] += 1
            else:
                kinds["answered"] += 1
    with connected_at_last(kept_server) as client:
        works(client)
    assert kinds["refused"] > 120


def test_mutated_streams_do_no_harm(kept_server: Server) -> None:
    """The same below WebSocket: bytes of the handshake and of frames."""
    random = np.random.default_rng(7)
    address = kept_server.address["host"], kept_server.address["port"]
    frame = frame_of(HELLO)
    for number in range(160):
        stream = mutate(HANDSHAKE, random) + frame if number % 2 else HANDSHAKE + mutate(frame, random)
        with socket.create_connection(address) as raw:
            raw.settimeout(10)
            raw.sendall(stream)
            raw.shutdown(socket.SHUT_WR)
            # It is closed from the other side, whatever was sent.
            while raw.recv(65536):
                pass
    with connected_at_last(kept_server) as client:
        works(client)


def test_requests_that_are_none_do_not_fill_the_log() -> None:
    with server_of(STAND_IN, "--num-envs", "3") as server:
        for _ in range(3):
            with socket.create_connection((server.address["host"], server.address["port"])) as raw:
                raw.sendall(b"\x16\x03\x01 no HTTP at all\r\n\r\n")
                raw.shutdown(socket.SHUT_WR)
                while raw.recv(65536):
                    pass
        with client_of(server.address) as client:
            works(client)
        assert "Traceback" not in server.end()[2]


def frame_of(message: bytes) -> bytes:
    """A short message as a client's frame, masked by zeros."""
    return bytes([0x82, 0x80 | len(message), 0, 0, 0, 0]) + message


def mutate(message: bytes, random: np.random.Generator) -> bytes:
    """Flips, drops, repeats or cuts bytes at one to three places."""
    data = bytearray(message)
    for _ in range(random.integers(1, 4)):
        place = int(random.integers(len(data))) if data else 0
        match int(random.integers(4)):
            case 0 if data:
                data[place] ^= int(random.integers(1, 256))
            case 1:
                del data[place : place + int(random.integers(1, 9))]
            case 2:
                data[place:place] = random.bytes(int(random.integers(1, 9)))
            case _:
                del data[place:]
    return bytes(data)


def test_memory_stays_bounded_by_the_message(kept_server: Server) -> None:
    """A message of a few megabytes that would unfold to gigabytes of small lists is refused before it does."""
    with connected_at_last(kept_server) as client:
        client.hello()
        before = resident_bytes(kept_server.process.pid)
        nested = b"\x90" * (2**23)
        client.connection.send(b"\x82\xa4type\xa4step\xa7actions\xdd" + len(nested).to_bytes(4, "big") + nested)
        assert decode(client.connection.recv(timeout=10))["kind"] == "request"
        assert resident_bytes(kept_server.process.pid) - before < 64 * 2**20


def resident_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
