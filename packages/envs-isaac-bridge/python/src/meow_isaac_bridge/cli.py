"""The command line, as options that are checked."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .errors import UsageError
from .server import DEFAULT_MESSAGE_BYTES, DEFAULT_PING_INTERVAL, Options
from .simulator import AUTORESET_MODES, AutoresetMode

_HOST = "127.0.0.1"
_LONGEST_PING_INTERVAL = 3600

_TASKS = """tasks:
  gym:ID                one environment of Gymnasium, in N copies; gym:module:ID imports the module that registers it
  gym-vector:ID         a vector of Gymnasium (gymnasium.make_vec)
  envpool:ID            EnvPool
  isaac:ID              Isaac Lab 3 or 2, whichever is installed
  omniisaac:NAME        OmniIsaacGymEnvs
  playground:NAME       MuJoCo Playground
  module:function       yours: function(num_envs=..., seed=...) gives a Simulator or a gymnasium.vector.VectorEnv

The server prints one line of JSON to stdout when it listens, all else to stderr."""


@dataclass(frozen=True)
class SimulatorOptions:
    """What adapters are told."""

    task: str
    num_envs: int
    seed: int | None
    autoreset: AutoresetMode | None
    """None: the simulator's own mode."""
    action_bound: float | None
    spread_episodes: bool
    device: str | None
    env_args: dict[str, Any]
    max_steps: int | None
    """None: the environment's own limit, if it has one."""


@dataclass(frozen=True)
class CommandLine:
    simulator: SimulatorOptions
    server: Options
    end_with_stdin: bool


def parse(arguments: Sequence[str]) -> CommandLine:
    """Raises UsageError, or SystemExit where argparse does."""
    parser = argparse.ArgumentParser(
        prog="meow_isaac_bridge",
        description="Serves a vector of environments of a Python simulator to meow-rl.",
        epilog=_TASKS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("task", metavar="TASK")
    add("--num-envs", type=int, default=1, metavar="N", help="environments (default 1)")
    add(
        "--host",
        default=_HOST,
        help="address to listen on; any but the loopback interface needs a token",
    )
    add("--port", type=int, default=0, help="0 takes a free one (default)")
    add("--unix", metavar="PATH", help="listen on a Unix socket instead")
    add("--token-env", metavar="NAME", help="environment variable that holds the token clients must have")
    add(
        "--allow-origin",
        action="append",
        default=[],
        metavar="ORIGIN",
        help="web page that may connect; repeatable",
    )
    add("--seed", type=int, metavar="S", help="seed of the first reset, where the client gives none")
    add(
        "--autoreset",
        choices=[mode for mode in AUTORESET_MODES if mode != "reset-then-step"],
        help="of Gymnasium's environments",
    )
    add("--keep", action="store_true", help="wait for the next client after one has closed")
    add(
        "--clients",
        type=int,
        default=1,
        metavar="N",
        help="clients at a time, each with a vector of its own (default 1)",
    )
    add("--max-message-bytes", type=int, default=DEFAULT_MESSAGE_BYTES, metavar="N")
    add(
        "--ping-interval",
        type=float,
        default=DEFAULT_PING_INTERVAL,
        metavar="S",
        help=f"seconds between two pings, which keep a quiet connection open in proxies (default {DEFAULT_PING_INTERVAL:g})",
    )
    add(
        "--action-bound",
        type=float,
        metavar="B",
        help="bounds [-B, B] of actions, where the simulator has none",
    )
    add(
        "--spread-episodes",
        action="store_true",
        help="spread the lengths of first episodes, so that not all end together",
    )
    add("--max-steps", type=int, metavar="N", help="steps after which an episode of Gymnasium's environments is truncated")
    add("--device", help="of Isaac Lab: cpu, cuda:0; default: a GPU where there is one")
    add(
        "--env-args",
        metavar="JSON",
        help="keyword arguments of Gymnasium's or EnvPool's environment, or of your function",
    )
    add("--end-with-stdin", action="store_true", help="end when stdin is closed")
    parsed = parser.parse_args(arguments)
    for name in ("num_envs", "clients", "max_message_bytes", "max_steps"):
        value = getattr(parsed, name)
        if value is not None and value < 1:
            raise UsageError(f"--{name.replace('_', '-')} is {value}: expected 1 or more.")
    if not 0 < parsed.ping_interval <= _LONGEST_PING_INTERVAL:
        raise UsageError(
            f"--ping-interval is {parsed.ping_interval:g}: expected seconds above 0 and up to {_LONGEST_PING_INTERVAL}."
        )
    if not 0 <= parsed.port < 2**16:
        raise UsageError(f"--port is {parsed.port}: expected 0 to 65535.")
    if parsed.unix is not None and (parsed.host, parsed.port) != (_HOST, 0):
        raise UsageError("--unix listens on a Unix socket alone: leave --host and --port out.")
    if parsed.unix == "":
        raise UsageError("--unix is empty: expected the path of a socket.")
    if parsed.seed is not None and not 0 <= parsed.seed < 2**32:
        raise UsageError(f"--seed is {parsed.seed}: expected an integer of 0 to 4294967295.")
    return CommandLine(
        simulator=SimulatorOptions(
            task=parsed.task,
            num_envs=parsed.num_envs,
            seed=parsed.seed,
            autoreset=parsed.autoreset,
            action_bound=parsed.action_bound,
            spread_episodes=parsed.spread_episodes,
            device=parsed.device,
            env_args=_env_args(parsed.env_args),
            max_steps=parsed.max_steps,
        ),
        server=Options(
            host=parsed.host,
            port=parsed.port,
            unix=parsed.unix,
            token=_token(parsed.token_env),
            origins=frozenset(parsed.allow_origin),
            keep=parsed.keep,
            clients=parsed.clients,
            max_message_bytes=parsed.max_message_bytes,
            ping_interval=parsed.ping_interval,
        ),
        end_with_stdin=parsed.end_with_stdin,
    )


def _token(name: str | None) -> str | None:
    if name is None:
        return None
    # Processes that the simulator starts don't inherit it.
    token = os.environ.pop(name, "")
    if not token:
        raise UsageError(f"--token-env {name}: that environment variable is not set, or empty.")
    if not token.isprintable() or token != token.strip():
        raise UsageError(f"--token-env {name}: the token has line ends or spaces around it, which no request can carry.")
    return token


def _env_args(text: str | None) -> dict[str, Any]:
    if text is None:
        return {}
    try:
        value = json.loads(text)
    except ValueError as error:
        raise UsageError(f"--env-args is no JSON ({error}).") from error
    if not isinstance(value, dict):
        raise UsageError(f"--env-args is a {type(value).__name__}: expected a JSON object.")
    return value
