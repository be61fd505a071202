"""`python -m meow_isaac_bridge TASK`."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Any

from .access import check_listening
from .adapters import check_clients, make_simulator
from .cli import parse
from .ending import Ending, end_on_signals, end_with_stdin
from .errors import UsageError
from .log import say
from .raised import in_a_line
from .requests import MAX_HELLO_BYTES
from .server import run_server
from .session import Session
from .simulator import Description, Simulator
from .versions import server_name, versions_of


def main(arguments: Sequence[str] | None = None) -> int:
    try:
        return _serve(sys.argv[1:] if arguments is None else arguments)
    except UsageError as error:
        # In a line, as what a simulator says may have several.
        say(" ".join(str(error).split()))
        return 2
    except Exception as error:
        # Last the line, for who started the server and reads the end of its log.
        say(f"an error\n{traceback.format_exc().rstrip()}")
        say(in_a_line(error))
        return 1


def _serve(arguments: Sequence[str]) -> int:
    command = parse(arguments)
    if command.server.unix is None:
        # Before the simulator is made, which may take minutes.
        check_listening(command.server.host, command.server.token)
    check_clients(command.simulator.task, command.server.clients)
    stdout = _keep_stdout()
    ending = Ending()
    if command.end_with_stdin:
        end_with_stdin(ending)
    simulators: dict[int, Simulator] = {}

    def simulator_of(place: int) -> Simulator:
        if place not in simulators:
            simulators[place] = make_simulator(command.simulator)
        return simulators[place]

    def listening(address: dict[str, Any], stop: Callable[[], None]) -> None:
        ending.on_ask(stop)
        say(_listening_line(command.simulator.task, simulator_of(0).description, address))
        print(json.dumps({"listening": address, "pid": os.getpid()}), file=stdout, flush=True)

    try:
        # What is wrong with the task is said now, not to the first client.
        _check_size(simulator_of(0).description, command.server.max_message_bytes)
        end_on_signals(ending)
        run_server(
            lambda place: Session(
                command.simulator.task, lambda: simulator_of(place), command.simulator.seed, command.server.clients
            ),
            command.server,
            listening,
        )
    finally:
        # It ends already.
        ending.on_ask(lambda: None)
        for simulator in simulators.values():
            simulator.close()
    return 0


def _listening_line(task: str, about: Description, address: dict[str, Any]) -> str:
    """What is served, and where: said when the server listens, after what the simulator prints while it is made."""
    where = address.get("unix") or f"{address['host']}:{address['port']}"
    versions = "".join(f", {name} {version}" for name, version in versions_of(about).items())
    return f"serves {task}, num_envs {about.num_envs}, on {where} ({server_name()}{versions})"


def _keep_stdout() -> Any:
    """Stdout for the one line; what simulators print to it, also from native code, goes to stderr."""
    kept = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return kept


def _check_size(about: Description, limit: int) -> None:
    entries = about.observation.entries + (about.critic_observation.entries if about.critic_observation else 0)
    # Observations and, at worst, as many last observations, of 8 bytes; the space's bounds come in hello.
    largest = max(about.num_envs * (2 * entries * 8 + 64), entries * 16) + MAX_HELLO_BYTES
    if largest > limit:
        raise UsageError(
            f"A step of {about.num_envs} environments may have {largest} bytes, and --max-message-bytes is {limit}. "
            f"Give both sides at least {largest}."
        )


if __name__ == "__main__":
    sys.exit(main())
