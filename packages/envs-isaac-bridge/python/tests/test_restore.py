"""MuJoCo tasks of Gymnasium, taken and put back: what comes after is the same to the bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from .talk import Talk

TASKS = (
    "Ant",
    "HalfCheetah",
    "Hopper",
    "Humanoid",
    "HumanoidStandup",
    "InvertedDoublePendulum",
    "InvertedPendulum",
    "Pusher",
    "Reacher",
    "Swimmer",
    "Walker2d",
)


def talk_of(task: str, *arguments: str) -> Talk:
    """A session with a simulator of its own, as after a restart."""
    return Talk(task, "--num-envs", "3", "--env-args", '{"max_episode_steps": 9}', *arguments)


def actions_of(about: dict[str, Any], steps: int) -> np.ndarray[Any, Any]:
    low, high = about["action"]["low"], about["action"]["high"]
    random = np.random.default_rng(8)
    # Rounding to float32 may not leave the bounds, which are float32 themselves.
    return np.clip(random.uniform(low, high, (steps, 3, len(low))), low, high).astype(np.float32)


def same(left: dict[str, Any], right: dict[str, Any]) -> None:
    assert left.keys() == right.keys()
    for name, value in left.items():
        if name == "id":
            continue
        if isinstance(value, dict):
            same(value, right[name])
        else:
            np.testing.assert_array_equal(value, right[name], err_msg=name)


@pytest.mark.parametrize("task", TASKS)
def test_goes_on_to_the_same_bits(task: str) -> None:
    first = talk_of(f"gym:{task}-v5")
    assert first.about["restorable"] is True
    actions = actions_of(first.about, 30)
    first.ask("reset", seed=3)
    # Step 9 ends all episodes; the state after 20 is in the third ones.
    for batch in actions[:20]:
        last = first.ask("step", actions=batch)
    state = first.ask("state")["state"]
    following = [first.ask("step", actions=batch) for batch in actions[20:]]

    second = talk_of(f"gym:{task}-v5")
    restored = second.ask("restore", state=state)
    np.testing.assert_array_equal(restored["observations"], last["observations"])
    assert second.ask("state")["state"] == state
    for batch, expected in zip(actions[20:], following, strict=True):
        same(second.ask("step", actions=batch), expected)


@pytest.mark.parametrize("mode", ["next-step", "same-step"])
def test_goes_on_from_the_end_of_an_episode(mode: str) -> None:
    first = talk_of("gym:Hopper-v5", "--autoreset", mode)
    actions = actions_of(first.about, 20)
    first.ask("reset", seed=3)
    for batch in actions[:9]:
        last = first.ask("step", actions=batch)
    assert last["truncated"].all()
    state = first.ask("state")["state"]
    following = [first.ask("step", actions=batch) for batch in actions[9:]]
    second = talk_of("gym:Hopper-v5", "--autoreset", mode)
    second.ask("restore", state=state)
    for batch, expected in zip(actions[9:], following, strict=True):
        same(second.ask("step", actions=batch), expected)
    assert ("invalid" in following[0]) == (mode == "next-step")


def test_a_state_that_is_another_is_refused() -> None:
    talk = talk_of("gym:Hopper-v5")
    talk.ask("reset", seed=1)
    state = talk.ask("state")["state"]
    assert (
        "is of 'gym:Hopper-v5', this server runs gym:Walker2d-v5"
        in talk_of("gym:Walker2d-v5").ask("restore", state=state)["message"]
    )
    for damaged in (b"", state[:-1], state[:100] + bytes([state[100] ^ 1]) + state[101:]):
        answer = talk_of("gym:Hopper-v5").ask("restore", state=damaged)
        assert (answer["kind"], "checksum" in answer["message"]) == ("request", True)


def test_pendulums_of_classic_control_are_not_restorable() -> None:
    talk = talk_of("gym:Pendulum-v1")
    assert talk.about["restorable"] is False
