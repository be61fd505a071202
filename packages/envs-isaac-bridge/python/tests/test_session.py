"""Requests and answers, without a socket."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from meow_isaac_bridge import AutoresetMode, Box, Description, Observations
from meow_isaac_bridge.codec import decode, encode
from meow_isaac_bridge.raised import in_a_line
from meow_isaac_bridge.session import Reply, Session

from .stand_in import make


class Talk:
    def __init__(self, **settings: Any) -> None:
        self.session = Session("tests.stand_in:make", lambda: make(3, None, **settings), seed=5)
        self.last_id = 0

    def reply(self, name: str, **fields: Any) -> Reply:
        self.last_id += 1
        return self.session.answer(encode({"type": name, "id": self.last_id, **fields}))

    def ask(self, name: str, **fields: Any) -> dict[str, Any]:
        return decode(self.reply(name, **fields).message)

    def refused(self, name: str, **fields: Any) -> tuple[str, str, int | None]:
        reply = self.reply(name, **fields)
        answer = decode(reply.message)
        assert (answer["type"], answer["id"]) == ("error", self.last_id)
        return answer["kind"], answer["message"], reply.close_code


def begun(**settings: Any) -> Talk:
    talk = Talk(**settings)
    talk.ask("hello", protocol=1, client="test")
    talk.ask("reset")
    return talk


ZEROS = np.zeros((3, 2), np.float32)


def test_hello_describes_the_environments() -> None:
    talk = Talk()
    answer = talk.ask("hello", protocol=1, client="test")
    low = answer["action"].pop("low")
    np.testing.assert_array_equal(low, [-1.0, -1.0])
    assert low.dtype == np.float64
    assert answer["observation"]["low"].tolist() == [-np.inf] * 3
    for space in ("observation", "criticObservation", "action"):
        answer[space] = (answer[space]["shape"], answer[space]["dtype"])
    assert answer.pop("server").startswith("meow_isaac_bridge ")
    assert set(answer.pop("versions")) == {"python", "numpy"}
    assert answer == {
        "type": "hello",
        "id": 1,
        "protocol": 1,
        "task": "tests.stand_in:make",
        "numEnvs": 3,
        "clients": 1,
        "observation": ([3], "<f4"),
        "criticObservation": ([1], "<f4"),
        "action": ([2], "<f4"),
        "autoresetMode": "same-step",
        "finalObservations": True,
        "seeded": True,
        "restorable": False,
    }


def test_the_seed_of_the_command_line_is_of_the_first_reset_alone() -> None:
    talk = Talk()
    talk.ask("hello", protocol=1, client="test")
    assert talk.ask("reset")["observations"][:, 2].tolist() == [5, 5, 5]
    assert talk.ask("reset")["observations"][:, 2].tolist() == [0, 0, 0]
    assert talk.ask("reset", seed=9)["observations"][:, 2].tolist() == [9, 9, 9]


# Row i ends after 3 + i steps. For each mode: the steps of row 0 that end it, and those that are no transition.
@pytest.mark.parametrize(
    ("mode", "ends", "invalid", "lengths"),
    [
        ("same-step", [3, 6, 9], [], [3, 3, 3]),
        ("next-step", [3, 7], [4, 8], [3, 3]),
        # The step that resets moves the row, too.
        ("reset-then-step", [3, 6, 9], [4, 7], [3, 3, 3]),
    ],
)
def test_modes(mode: AutoresetMode, ends: list[int], invalid: list[int], lengths: list[int]) -> None:
    talk = begun(mode=mode)
    told: dict[str, list[int]] = {"ends": [], "invalid": [], "lengths": [], "final": []}
    for number in range(1, 10):
        answer = talk.ask("step", actions=ZEROS)
        if answer["terminated"][0]:
            told["ends"].append(number)
        if "invalid" in answer and answer["invalid"][0]:
            told["invalid"].append(number)
        episodes = answer["episodes"]
        told["lengths"] += [int(n) for row, n in zip(episodes["rows"], episodes["lengths"], strict=True) if row == 0]
        if 0 in answer["finalRows"]:
            told["final"].append(number)
            place = answer["finalRows"].tolist().index(0)
            assert answer["finalObservations"][place, :2].tolist() == [0, 3]
            assert answer["finalCriticObservations"][place].tolist() == [-3]
            assert answer["observations"][0].tolist() == [0, 0, 0]
    assert told == {"ends": ends, "invalid": invalid, "lengths": lengths, "final": ends if mode == "same-step" else []}


def test_disabled_waits_for_a_reset_with_a_mask() -> None:
    talk = begun(mode="disabled")
    for _ in range(3):
        answer = talk.ask("step", actions=ZEROS)
    assert answer["terminated"].tolist() == [True, False, False]
    observations = talk.ask("reset", mask=np.array([True, False, False]))["observations"]
    assert observations[:, 1].tolist() == [0, 3, 3]
    answer = talk.ask("step", actions=ZEROS)
    assert answer["truncated"].tolist() == [False, True, False]
    assert answer["episodes"]["lengths"].tolist() == [4]
    kind, message, code = talk.refused("step", actions=ZEROS)
    assert (kind, code) == ("request", 1008)
    assert "1 rows have ended, the first of them 1" in message


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        (np.zeros((3, 3), np.float32), "shape [3, 3]: expected [3, 2]"),
        (np.zeros(6, np.float32), "shape [6]: expected [3, 2]"),
        (np.zeros((3, 2), np.int32), "<i4 [3, 2]: expected <f4 or <f8"),
        ("actions", "str: expected <f4 or <f8"),
        (np.array([[0, 0], [0, np.nan], [0, 0]]), "nan as entry 1 of the action of row 1"),
        (np.array([[0, 0], [0, 0], [-np.inf, 0]]), "-inf as entry 0 of the action of row 2"),
        (np.array([[0, 0], [0, 0], [1.0000000001, 0]]), "1.0000000001 as entry 0 of the action of row 2"),
    ],
)
def test_wrong_actions_move_nothing(actions: Any, expected: str) -> None:
    talk = begun()
    kind, message, code = talk.refused("step", actions=actions)
    assert (kind, code) == ("actions", None)
    assert expected in message
    assert talk.ask("step", actions=ZEROS)["observations"][:, 1].tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("name", "fields", "expected"),
    [
        ("hello", {"protocol": 1, "client": "again"}, "hello, and no other one"),
        ("dance", {}, "'dance': expected one of hello, reset"),
        ("step", {}, "step lacks actions"),
        ("step", {"actions": ZEROS, "speed": 3}, "unknown field 'speed'"),
        ("reset", {"seed": -1}, "seed -1"),
        ("reset", {"seed": 2**32}, "seed 4294967296"),
        ("reset", {"seed": 1.5}, "seed 1.5"),
        ("reset", {"seed": True}, "seed True"),
        ("reset", {"mask": np.ones(3, np.bool_)}, "the mode same-step takes none"),
        ("reset", {"mask": np.ones(2, np.bool_)}, "mask of |b1 [2]: expected |b1 [3]"),
        ("reset", {"mask": np.zeros(3, np.bool_)}, "without a single row"),
        ("state", {}, "restorable: false"),
        ("restore", {"state": b""}, "restorable: false"),
    ],
)
def test_requests_that_are_none(name: str, fields: dict[str, Any], expected: str) -> None:
    kind, message, code = begun().refused(name, **fields)
    assert (kind, code) == ("request", 1008)
    assert expected in message


def test_what_comes_before_hello_or_reset_is_refused() -> None:
    assert "first request is hello" in Talk().refused("reset")[1]
    talk = Talk()
    talk.ask("hello", protocol=1, client="test")
    assert "before the first reset" in talk.refused("step", actions=ZEROS)[1]


def test_a_client_has_a_name() -> None:
    assert "client 5: expected text" in Talk().refused("hello", protocol=1, client=5)[1]


@pytest.mark.parametrize("protocol", [0, 2, "1", None])
def test_another_protocol_is_refused_by_name(protocol: Any) -> None:
    kind, message, code = Talk().refused("hello", protocol=protocol, client="test", novelty=1)
    assert (kind, code) == ("version", 1008)
    assert f"protocol {protocol!r}, this server 1" in message


def test_ids_count_up() -> None:
    talk = begun()
    talk.last_id += 1
    assert "3 is the next" in talk.refused("reset")[1]
    answer = decode(talk.session.answer(encode({"type": "reset", "id": -1})).message)
    assert answer["id"] == 0


def test_a_large_hello_is_refused() -> None:
    answer = Talk().ask("hello", protocol=1, client="x" * 65_000, more="x" * 1000)
    assert (answer["type"], answer["id"], answer["kind"]) == ("error", 0, "request")
    assert "at most 65536" in answer["message"]


def test_what_the_simulator_raises_is_told_with_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    talk = begun(fails_at=2)
    talk.ask("step", actions=ZEROS)
    reply = talk.reply("step", actions=ZEROS)
    answer = decode(reply.message)
    assert answer["kind"] == "simulator"
    assert re.fullmatch(r"RuntimeError: the floor gave way \(.*stand_in\.py, line \d+, in step\)", answer["message"])
    assert "stand_in.py" in answer["traceback"]
    # Whole in the log too.
    assert answer["traceback"] in capsys.readouterr().err
    assert reply.close_code == 1011


def test_an_error_is_put_where_the_users_own_code_led_to_it() -> None:
    with pytest.raises(ValueError, match="Expecting") as caught:
        json.loads("nonsense")
    assert re.search(r" \(.*test_session\.py, line \d+, in test_an_error_is_put", in_a_line(caught.value))
    # Of the bridge's own there is no place: what it says is about the simulator.
    own = begun()
    object.__setattr__(own.session._ready()[0].description, "observation", own.session._ready()[0].description.action)
    assert own.refused("step", actions=ZEROS)[1].endswith("expected <f4 [3, 2].")


def test_a_simulator_that_breaks_its_word_is_an_error() -> None:
    talk = begun()
    simulator, _ = talk.session._ready()
    object.__setattr__(simulator.description, "observation", simulator.description.action)
    kind, message, code = talk.refused("step", actions=ZEROS)
    assert (kind, code) == ("simulator", 1011)
    assert "gave observations of <f4 [3, 3]: expected <f4 [3, 2]" in message


FLAGS = np.array([True, False, True])
LAST = Observations(np.zeros((2, 3), np.float32), np.zeros((2, 1), np.float32))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"rewards": [0.0, 0.0, 0.0]}, "gave rewards as a list: expected <f4 or <f8 [3], an array of NumPy"),
        ({"rewards": np.zeros(3, np.float16)}, "gave rewards of <f2 [3]: expected <f4 or <f8 [3]"),
        ({"rewards": np.zeros((3, 1))}, "gave rewards of <f8 [3, 1]: expected <f4 or <f8 [3]"),
        ({"terminated": np.zeros(3)}, "gave terminated of <f8 [3]: expected |b1 [3]"),
        ({"truncated": None}, "gave truncated as a NoneType: expected |b1 [3]"),
        ({"observations": np.zeros((3, 3))}, "gave observations as a ndarray: expected Observations"),
        ({"observations": Observations(np.zeros((3, 3), np.float32))}, "described the critic's observations otherwise"),
        ({"final_rows": [0]}, "gave final_rows as a list: expected <i4 or <i8 [rows]"),
        ({"final_rows": np.array([0, 2])}, "gave 2 final_rows without final_observations: expected both or none"),
        (
            {"final_rows": np.array([0, 1]), "final_observations": LAST},
            "gave final_rows [0, 1]: expected rows that ended in this step ([0, 2]), ascending",
        ),
        ({"final_rows": np.array([2, 0]), "final_observations": LAST}, "gave final_rows [2, 0]: expected rows that ended"),
        ({"final_rows": np.array([-1, 0]), "final_observations": LAST}, "gave final_rows [-1, 0]: expected rows that ended"),
        ({"final_rows": np.array([2, 3]), "final_observations": LAST}, "gave final_rows [2, 3]: expected rows that ended"),
        (
            {"final_rows": np.array([2]), "final_observations": LAST},
            "gave final_observations of <f4 [2, 3]: expected <f4 [1, 3]",
        ),
    ],
)
def test_a_step_that_is_none_is_told_by_what_was_expected(changes: dict[str, Any], expected: str) -> None:
    talk = begun()
    simulator, _ = talk.session._ready()
    step = replace(simulator.step(ZEROS), **{"terminated": FLAGS, **changes})
    object.__setattr__(simulator, "step", lambda _actions: step)
    answer = talk.ask("step", actions=ZEROS)
    assert answer["kind"] == "simulator"
    assert expected in answer["message"]


def test_last_observations_are_of_the_mode_same_step_alone() -> None:
    talk = begun(mode="next-step")
    simulator, _ = talk.session._ready()
    step = replace(simulator.step(ZEROS), terminated=FLAGS, final_rows=np.array([0, 2]), final_observations=LAST)
    object.__setattr__(simulator, "step", lambda _actions: step)
    assert "gave final_rows in the mode next-step" in talk.ask("step", actions=ZEROS)["message"]
    object.__setattr__(simulator, "step", lambda _actions: (0, 0))
    assert "step gave a tuple: expected a Step" in talk.refused("step", actions=ZEROS)[1]


def test_tensors_where_numbers_belong_are_requests_that_are_none() -> None:
    assert Talk().refused("hello", protocol=np.array([1, 1]), client="test")[0] == "version"
    assert Talk().refused("hello", protocol=True, client="test")[0] == "version"


@pytest.mark.parametrize(
    ("low", "high", "dtype", "expected"),
    [
        ([-1.0], [1.0, 1.0], "<f4", r"low has shape \[1\] and high \[2\]: expected \[entries\]"),
        ([], [], "<f4", r"expected \[entries\]"),
        ([1.0], [-1.0], "<f4", "low is 1.0 and high -1.0 in entry 0"),
        ([0.0, np.nan], [1.0, 1.0], "<f4", "low is nan and high 1.0 in entry 1"),
        ([np.inf], [np.inf], "<f4", "low is inf"),
        ([-1.0], [1.0], "<f2", "dtype is <f2: expected one of <f4"),
    ],
)
def test_boxes_that_are_none(low: list[float], high: list[float], dtype: str, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        Box(np.array(low), np.array(high), dtype)


def test_names_of_dtypes_are_those_of_the_protocol() -> None:
    assert [Box.unbounded(2, name).dtype for name in ("float32", ">f8", "bool")] == ["<f4", "<f8", "|b1"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"num_envs": 0}, "num_envs is 0: expected an integer of 1 or more"),
        ({"num_envs": 2.0}, "num_envs is 2.0"),
        ({"autoreset_mode": "sometimes"}, "autoreset_mode is 'sometimes': expected one of next-step"),
        ({"action": Box.unbounded(1)}, "expected finite bounds and a dtype of floats"),
        ({"action": Box(np.zeros(1), np.ones(1), "<i4")}, "expected finite bounds and a dtype of floats"),
        ({"max_episode_steps": 0}, "max_episode_steps is 0: expected an integer of 1 or more, or None"),
    ],
)
def test_descriptions_that_are_none(changes: dict[str, Any], expected: str) -> None:
    about: dict[str, Any] = {
        "num_envs": 1,
        "observation": Box.unbounded(1),
        "action": Box(np.zeros(1), np.ones(1), "<f4"),
        "autoreset_mode": "next-step",
    }
    with pytest.raises(ValueError, match=expected):
        Description(**{**about, **changes})


def test_bounds_of_actions_are_numbers_of_their_dtype() -> None:
    """0.3 lies between two numbers of float32, and the nearer one is above it: as a bound it would refuse itself."""
    wide = Box(np.array([-0.3, 0.1, 0.3]), np.array([0.3, 0.1, 1e300]), "<f4")
    action = Description(1, Box.unbounded(1), wide, "next-step").action
    below = np.nextafter(np.float32(0.3), np.float32(0))
    assert action.low.tolist() == [-below, np.float32(0.1), np.float32(0.3)]
    assert action.high.tolist()[:2] == [below, np.float32(0.1)]
    assert np.isfinite(action.high).all()
    double = Box(np.array([-0.3]), np.array([0.3]), "<f8")
    assert Description(1, Box.unbounded(1), double, "next-step").action.high.tolist() == [0.3]
