"""What one client's requests do to its vector of environments. Nothing here knows of sockets or threads."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import requests
from .codec import decode, encode
from .episodes import EpisodeCounter
from .errors import ProtocolError, RequestError, UsageError
from .kept_word import check_observations, check_step
from .log import say
from .raised import in_a_line
from .saved_state import pack_state, unpack_state
from .simulator import Array, Box, Mask, Observations, Restorable, Simulator
from .versions import server_name, versions_of

_LONGEST_ERROR_TEXT = 32 * 1024


@dataclass(frozen=True)
class Reply:
    message: bytes
    close_code: int | None = None
    """The status to close the connection with, after the message."""
    finished: bool = False
    """The client has said that it is done."""


class Session:
    """One client from its hello to its close. `make_simulator` is called by the first request of a client."""

    def __init__(self, task: str, make_simulator: Callable[[], Simulator], seed: int | None, clients: int = 1) -> None:
        self._task = task
        self._clients = clients
        self._make_simulator = make_simulator
        self._seed = seed
        self._last_id = 0
        self._vector: tuple[Simulator, EpisodeCounter] | None = None
        """None before hello."""
        self._ended: Mask | None = None
        """Rows that ended in the last step; None before the first reset."""

    def answer(self, raw: bytes) -> Reply:
        """Answers one message. Errors are answers too."""
        number = 0
        try:
            if self._vector is None and len(raw) > requests.MAX_HELLO_BYTES:
                raise RequestError(f"hello has {len(raw)} bytes: at most {requests.MAX_HELLO_BYTES} are taken.")
            request = decode(raw)
            number = requests.request_id(request)
            name = requests.request_type(request, self._last_id)
            if (name == "hello") != (self._vector is None):
                raise RequestError("The first request is hello, and no other one is.")
            self._last_id = number
            answer = getattr(self, f"_{name}")(request)
            message = encode({"type": name, "id": number, **answer})
            return Reply(message, close_code=1000, finished=True) if name == "close" else Reply(message)
        except ProtocolError as error:
            return error_reply(number, error.kind, str(error), None, error.close_code)
        except UsageError as error:
            return error_reply(number, "request", str(error), None, 1008)
        except Exception as error:
            # Whatever a simulator raises is told to the client, which then decides.
            trace = traceback.format_exc()
            say(f"a simulator raised\n{trace.rstrip()}")
            return error_reply(number, "simulator", in_a_line(error), trace, 1011)

    def _hello(self, _request: dict[str, Any]) -> dict[str, Any]:
        simulator = self._make_simulator()
        about = simulator.description
        self._vector = simulator, EpisodeCounter(about.num_envs)
        fields: dict[str, Any] = {
            "protocol": requests.PROTOCOL,
            "server": server_name(),
            "versions": versions_of(about),
            "task": self._task,
            "numEnvs": about.num_envs,
            "clients": self._clients,
            "observation": _space(about.observation),
            "action": _space(about.action),
            "autoresetMode": about.autoreset_mode,
            "finalObservations": about.final_observations,
            "seeded": about.seeded,
            "restorable": isinstance(simulator, Restorable),
        }
        if about.critic_observation is not None:
            fields["criticObservation"] = _space(about.critic_observation)
        if about.spread_episodes:
            fields["spreadEpisodes"] = True
        if about.max_episode_steps is not None:
            fields["maxEpisodeSteps"] = about.max_episode_steps
        return fields

    def _reset(self, request: dict[str, Any]) -> dict[str, Any]:
        simulator, episodes = self._ready()
        about = simulator.description
        seed, mask = requests.seed_of(request), requests.mask_of(request, about.num_envs)
        if mask is not None and about.autoreset_mode != "disabled":
            raise RequestError(f"reset has a mask: the mode {about.autoreset_mode} takes none, the mode disabled alone does.")
        if mask is not None and self._ended is None and not mask.all():
            raise RequestError("The first reset is one of all rows: leave the mask out.")
        if seed is None and self._ended is None:
            seed = self._seed
        observations = simulator.reset(seed, mask)
        check_observations(observations, about)
        episodes.begin(mask)
        if mask is None or self._ended is None:
            self._ended = np.zeros(about.num_envs, np.bool_)
        else:
            self._ended = self._ended & ~mask
        return _observations("observations", "criticObservations", observations)

    def _step(self, request: dict[str, Any]) -> dict[str, Any]:
        simulator, episodes = self._ready()
        about = simulator.description
        ended_before = self._began("step")
        if about.autoreset_mode == "disabled" and ended_before.any():
            rows = np.flatnonzero(ended_before)
            raise RequestError(
                f"step: {len(rows)} rows have ended, the first of them {rows[0]}. reset them, with a mask, before."
            )
        step = simulator.step(requests.actions_of(request, about.action, about.num_envs))
        check_step(step, about)
        invalid: Mask | None = None
        if about.autoreset_mode in ("next-step", "reset-then-step") and ended_before.any():
            invalid = ended_before
        ended = step.terminated | step.truncated
        self._ended = ended
        # The step that resets is one of the new episode in the mode reset-then-step, none at all in the mode next-step.
        counted = ~invalid if invalid is not None and about.autoreset_mode == "next-step" else None
        answer = {
            **_observations("observations", "criticObservations", step.observations),
            "rewards": step.rewards,
            "terminated": step.terminated,
            "truncated": step.truncated,
            "finalRows": step.final_rows.astype(np.int32, copy=False),
            **_observations(
                "finalObservations",
                "finalCriticObservations",
                step.final_observations or _no_rows(step.observations),
            ),
            "episodes": episodes.add(step.rewards, counted, ended),
        }
        if invalid is not None:
            answer["invalid"] = invalid
        return answer

    def _state(self, _request: dict[str, Any]) -> dict[str, Any]:
        simulator, episodes = self._ready()
        restorable = self._restorable(simulator)
        ended = self._began("state")
        state = {
            "ended": ended,
            "returns": episodes.returns,
            "lengths": episodes.lengths,
            "simulator": restorable.state(),
        }
        return {"state": pack_state(self._task, versions_of(simulator.description), state)}

    def _restore(self, request: dict[str, Any]) -> dict[str, Any]:
        simulator, episodes = self._ready()
        restorable = self._restorable(simulator)
        about = simulator.description
        state = unpack_state(requests.state_of(request), self._task, versions_of(about), about.num_envs)
        observations = restorable.restore(state["simulator"])
        episodes.returns[:] = state["returns"]
        episodes.lengths[:] = state["lengths"]
        self._ended = state["ended"].copy()
        return _observations("observations", "criticObservations", observations)

    def _close(self, _request: dict[str, Any]) -> dict[str, Any]:
        return {}

    def _ready(self) -> tuple[Simulator, EpisodeCounter]:
        if self._vector is None:
            raise RequestError("The first request is hello.")
        return self._vector

    def _began(self, name: str) -> Mask:
        if self._ended is None:
            raise RequestError(f"{name} came before the first reset.")
        return self._ended

    def _restorable(self, simulator: Simulator) -> Restorable:
        if not isinstance(simulator, Restorable):
            raise RequestError(f"{self._task} can't give its state or take one back: hello says restorable: false.")
        return simulator


def _space(box: Box) -> dict[str, Any]:
    return {"shape": [box.entries], "low": box.low, "high": box.high, "dtype": box.dtype}


def _observations(policy: str, critic: str, observations: Observations) -> dict[str, Array]:
    if observations.critic is None:
        return {policy: observations.policy}
    return {policy: observations.policy, critic: observations.critic}


def _no_rows(observations: Observations) -> Observations:
    critic = observations.critic
    return Observations(observations.policy[:0], None if critic is None else critic[:0])


def error_reply(number: int, kind: str, message: str, trace: str | None, close_code: int | None) -> Reply:
    """An error as an answer."""
    fields = {"type": "error", "id": number, "kind": kind, "message": _cut(message)}
    if trace is not None:
        fields["traceback"] = _cut(trace)
    return Reply(encode(fields), close_code)


def _cut(text: str) -> str:
    """At most 32 KiB of UTF-8; of a long text its end, where a traceback has its cause."""
    data = text.encode("utf-8", "replace")
    return data[-_LONGEST_ERROR_TEXT:].decode("utf-8", "ignore")
