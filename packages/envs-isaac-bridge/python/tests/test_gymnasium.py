"""Real Gymnasium through a real server: the same bits as in Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.vector import AutoresetMode

from meow_isaac_bridge import UsageError

from .client import Client, client_of, server_of
from .talk import Talk

MODES = {
    "next-step": AutoresetMode.NEXT_STEP,
    "same-step": AutoresetMode.SAME_STEP,
    "disabled": AutoresetMode.DISABLED,
}


def hopper_actions(steps: int, rows: int) -> np.ndarray[Any, Any]:
    random = np.random.default_rng(5)
    return random.uniform(-1, 1, (steps, rows, 3)).astype(np.float32)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("prefix", ["gym", "gym-vector"])
def test_trajectories_are_those_of_gymnasium(prefix: str, mode: str) -> None:
    rows, steps = 8, 90
    # Hopper falls within 90 random steps; a limit of 40 gives truncations besides.
    reference = gymnasium.make_vec(
        "Hopper-v5",
        rows,
        vectorization_mode="sync",
        vector_kwargs={"autoreset_mode": MODES[mode]},
        max_episode_steps=40,
    )
    with (
        server_of(
            f"{prefix}:Hopper-v5",
            "--num-envs",
            str(rows),
            "--autoreset",
            mode,
            "--env-args",
            '{"max_episode_steps": 40}',
        ) as server,
        client_of(server.address) as client,
    ):
        about = client.hello()
        assert (about["numEnvs"], about["autoresetMode"], about["maxEpisodeSteps"]) == (rows, mode, 40)
        assert about["observation"]["shape"] == [11]
        assert about["observation"]["dtype"] == "<f8"
        np.testing.assert_array_equal(about["action"]["high"], np.ones(3))
        expected, _ = reference.reset(seed=11)
        np.testing.assert_array_equal(client.ask("reset", seed=11)["observations"], expected)
        counts = compare(client, reference, mode, hopper_actions(steps, rows))
    # Both ways to end were there, or the test shows little.
    assert counts["terminated"] > 5
    assert counts["truncated"] > 0


def compare(client: Client, reference: Any, mode: str, actions: np.ndarray[Any, Any]) -> dict[str, int]:
    rows = actions.shape[1]
    counts = {"terminated": 0, "truncated": 0}
    returns, lengths = np.zeros(rows), np.zeros(rows, int)
    ended_before = np.zeros(rows, bool)
    for batch in actions:
        observations, rewards, terminated, truncated, infos = reference.step(batch)
        answer = client.step(batch)
        np.testing.assert_array_equal(answer["observations"], observations)
        np.testing.assert_array_equal(answer["rewards"], rewards)
        np.testing.assert_array_equal(answer["terminated"], terminated)
        np.testing.assert_array_equal(answer["truncated"], truncated)
        ended = terminated | truncated
        if mode == "same-step":
            assert answer["finalRows"].tolist() == np.flatnonzero(ended).tolist()
            for row, last in zip(answer["finalRows"], answer["finalObservations"], strict=True):
                np.testing.assert_array_equal(last, infos["final_obs"][row])
        else:
            assert answer["finalRows"].tolist() == []
            assert answer["finalObservations"].shape == (0, 11)
        invalid = ended_before if mode == "next-step" else np.zeros(rows, bool)
        assert answer.get("invalid", np.zeros(rows, bool)).tolist() == invalid.tolist()
        returns[~invalid] += rewards[~invalid]
        lengths[~invalid] += 1
        assert answer["episodes"]["rows"].tolist() == np.flatnonzero(ended).tolist()
        np.testing.assert_array_equal(answer["episodes"]["returns"], returns[ended])
        np.testing.assert_array_equal(answer["episodes"]["lengths"], lengths[ended])
        returns[ended], lengths[ended] = 0, 0
        if mode == "disabled" and ended.any():
            expected, _ = reference.reset(options={"reset_mask": ended.copy()})
            np.testing.assert_array_equal(client.ask("reset", mask=ended)["observations"], expected)
        ended_before = ended
        counts["terminated"] += int(terminated.sum())
        counts["truncated"] += int(truncated.sum())
    return counts


def test_64_ants_are_those_of_gymnasium() -> None:
    reference = gymnasium.make_vec("Ant-v5", 64, vectorization_mode="sync")
    actions = np.random.default_rng(1).uniform(-1, 1, (12, 64, 8)).astype(np.float32)
    with server_of("gym-vector:Ant-v5", "--num-envs", "64") as server, client_of(server.address) as client:
        client.hello()
        expected, _ = reference.reset(seed=3)
        np.testing.assert_array_equal(client.ask("reset", seed=3)["observations"], expected)
        compare_counts = compare_rows(client, reference, actions)
    assert compare_counts == 12


def compare_rows(client: Client, reference: Any, actions: np.ndarray[Any, Any]) -> int:
    for batch in actions:
        observations, rewards, *_ = reference.step(batch)
        answer = client.step(batch)
        np.testing.assert_array_equal(answer["observations"], observations)
        np.testing.assert_array_equal(answer["rewards"], rewards)
    return len(actions)


@pytest.mark.parametrize("prefix", ["gym", "gym-vector"])
def test_first_episodes_are_spread(prefix: str) -> None:
    talk = Talk(f"{prefix}:Hopper-v5", "--num-envs", "8", "--spread-episodes", "--env-args", '{"max_episode_steps": 10}')
    assert talk.about["spreadEpisodes"] is True
    talk.ask("reset", seed=1)
    lengths: dict[int, int] = {}
    for _ in range(10):
        episodes = talk.ask("step", actions=np.zeros((8, 3)))["episodes"]
        for row, length in zip(episodes["rows"], episodes["lengths"], strict=True):
            lengths.setdefault(int(row), int(length))
    assert [lengths[row] for row in range(8)] == (10 - np.random.default_rng(1).integers(10, size=8)).tolist()


class Nested(gymnasium.Env[Any, Any]):
    """Observations in a dictionary, and actions that are a matrix."""

    observation_space = spaces.Dict({"b": spaces.Box(-1, 1, (2,), np.float32), "a": spaces.Discrete(3)})
    action_space = spaces.Box(-2, 2, (2, 2), np.float32)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        return {"b": np.zeros(2, np.float32), "a": 0}, {}

    def step(self, action: Any) -> Any:
        assert action.shape == (2, 2)
        return {"b": action[1] / 2, "a": 2}, 1.0, True, False, {}


@pytest.mark.parametrize("prefix", ["gym", "gym-vector"])
def test_spaces_are_flattened_as_gymnasium_does(prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = gymnasium.envs.registration.EnvSpec("Nested-v0", entry_point=f"{__name__}:Nested")
    monkeypatch.setitem(gymnasium.registry, "Nested-v0", spec)
    talk = Talk(f"{prefix}:Nested-v0", "--num-envs", "2", "--autoreset", "same-step")
    assert talk.about["observation"]["low"].tolist() == [0, 0, 0, -1, -1]
    assert (talk.about["action"]["shape"], talk.about["action"]["high"].tolist()) == ([4], [2, 2, 2, 2])
    assert talk.ask("reset")["observations"].tolist() == [[1, 0, 0, 0, 0]] * 2
    answer = talk.ask("step", actions=np.array([[0, 0, 1, 2], [0, 0, -1, -2]], np.float32))
    assert answer["observations"].tolist() == [[1, 0, 0, 0, 0]] * 2
    assert answer["finalObservations"].tolist() == [[0, 0, 1, 0.5, 1], [0, 0, 1, -0.5, -1]]


@pytest.mark.parametrize("prefix", ["gym", "gym-vector"])
def test_a_module_of_the_users_registers_its_own(prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / f"own_{prefix[-3:]}.py").write_text(
        "import gymnasium\n"
        "gymnasium.register('Own-v0', entry_point='gymnasium.envs.classic_control:PendulumEnv', max_episode_steps=7)\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(gymnasium.envs.registration, "registry", {**gymnasium.registry})
    monkeypatch.setattr(gymnasium, "registry", gymnasium.envs.registration.registry)
    talk = Talk(f"{prefix}:own_{prefix[-3:]}:Own-v0", "--num-envs", "2")
    assert (talk.about["task"], talk.about["maxEpisodeSteps"]) == (f"{prefix}:own_{prefix[-3:]}:Own-v0", 7)
    assert talk.ask("reset")["observations"].shape == (2, 3)


@pytest.mark.parametrize("prefix", ["gym", "gym-vector"])
@pytest.mark.parametrize("own", [None, 9])
def test_max_steps_truncate_whatever_the_environment_says(prefix: str, own: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    pendulum = "gymnasium.envs.classic_control:PendulumEnv"
    spec = gymnasium.envs.registration.EnvSpec("Endless-v0", entry_point=pendulum, max_episode_steps=own)
    monkeypatch.setitem(gymnasium.registry, "Endless-v0", spec)
    assert Talk(f"{prefix}:Endless-v0").about.get("maxEpisodeSteps") == own
    talk = Talk(f"{prefix}:Endless-v0", "--num-envs", "2", "--max-steps", "3")
    assert talk.about["maxEpisodeSteps"] == 3
    talk.ask("reset")
    truncated = [talk.ask("step", actions=np.zeros((2, 1)))["truncated"].tolist() for _ in range(4)]
    assert truncated == [[False, False], [False, False], [True, True], [False, False]]


def test_a_limit_that_was_taken_off_is_none() -> None:
    for prefix in ("gym", "gym-vector"):
        talk = Talk(f"{prefix}:Hopper-v5", "--env-args", '{"max_episode_steps": -1}')
        assert "maxEpisodeSteps" not in talk.about


class Forgetful(gymnasium.vector.VectorEnv[Any, Any, Any]):
    """Resets within the step and does not give the last observation, as vectors that aren't of Gymnasium may."""

    metadata = {"autoreset_mode": AutoresetMode.SAME_STEP}  # noqa: RUF012
    num_envs = 2
    single_observation_space = spaces.Box(-1, 1, (1,), np.float32)
    single_action_space = spaces.Box(-1, 1, (1,), np.float32)

    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        return np.zeros((2, 1), np.float32), {}

    def step(self, actions: Any) -> Any:
        return np.zeros((2, 1), np.float32), np.ones(2), np.zeros(2, bool), np.array([True, False]), {}


def forgetful(num_envs: int, seed: int | None) -> Forgetful:
    return Forgetful()


def test_a_vector_that_loses_last_observations_gives_none() -> None:
    talk = Talk(f"{__name__}:forgetful", "--num-envs", "2")
    talk.ask("reset")
    answer = talk.ask("step", actions=np.zeros((2, 1)))
    assert answer["truncated"].tolist() == [True, False]
    assert answer["finalRows"].tolist() == []


class Whole(gymnasium.Env[Any, Any]):
    """Observations that are no floats."""

    action_space = spaces.Box(-1, 1, (1,), np.float32)

    def __init__(self, space: Any) -> None:
        self.observation_space = space

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        return self.observation_space.sample(mask=None), {}

    def step(self, action: Any) -> Any:
        return self.observation_space.sample(mask=None), 1.0, False, False, {}


@pytest.mark.parametrize("prefix", ["gym", "gym-vector"])
@pytest.mark.parametrize(
    ("space", "dtype", "entries"),
    [
        (spaces.Box(0, 255, (2, 2), np.uint8), "|u1", 4),
        (spaces.MultiDiscrete([3, 4]), "<i8", 7),
        (spaces.MultiBinary(3), "<i4", 3),
        (spaces.Box(-1, 1, (2,), np.float16), "<f4", 2),
    ],
)
def test_observations_of_other_types(prefix: str, space: Any, dtype: str, entries: int, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = gymnasium.envs.registration.EnvSpec("Whole-v0", entry_point=cast(Any, lambda: Whole(space)))
    monkeypatch.setitem(gymnasium.registry, "Whole-v0", spec)
    talk = Talk(f"{prefix}:Whole-v0", "--num-envs", "2")
    assert talk.about["observation"]["dtype"] == dtype
    space.seed(3)
    expected = [spaces.flatten(space, space.sample()) for _ in range(2)]
    space.seed(3)
    observations = talk.ask("reset")["observations"]
    assert (observations.dtype.str, observations.shape) == (dtype, (2, entries))
    np.testing.assert_array_equal(observations, expected)
    assert talk.ask("step", actions=np.zeros((2, 1)))["observations"].dtype.str == dtype


class Broad(Whole):
    """Observations that aren't of their space: NumPy would repeat the one entry, or put three into two nowhere."""

    def __init__(self, entries: int) -> None:
        super().__init__(spaces.Box(-1, 1, (2,), np.float32))
        self._entries = entries

    def step(self, action: Any) -> Any:
        return np.zeros(self._entries, np.float32), 1.0, False, False, {}


@pytest.mark.parametrize("entries", [1, 3])
def test_observations_of_another_shape_are_refused(entries: int, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = gymnasium.envs.registration.EnvSpec("Broad-v0", entry_point=cast(Any, lambda: Broad(entries)))
    monkeypatch.setitem(gymnasium.registry, "Broad-v0", spec)
    talk = Talk("gym:Broad-v0", "--num-envs", "2")
    talk.ask("reset")
    answer = talk.ask("step", actions=np.zeros((2, 1)))
    assert answer["kind"] == "simulator"
    assert f"step() of Broad-v0, environment 0: an observation of shape ({entries},) came, expected (2,)." in answer["message"]


def test_nested_observations_of_another_size_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Short(Nested):
        def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
            return {"b": np.zeros(1, np.float32), "a": 0}, {}

    spec = gymnasium.envs.registration.EnvSpec("Short-v0", entry_point=cast(Any, Short))
    monkeypatch.setitem(gymnasium.registry, "Short-v0", spec)
    message = Talk("gym:Short-v0").ask("reset")["message"]
    assert "reset() of Short-v0, environment 0: an observation came that flattens to 4 entries, expected 5." in message


class Narrow(Forgetful):
    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        return np.zeros((1, 2), np.float32), {}


def narrow(num_envs: int, seed: int | None) -> Narrow:
    return Narrow()


def test_observations_of_another_number_of_rows_are_refused() -> None:
    message = Talk(f"{__name__}:narrow", "--num-envs", "2").ask("reset")["message"]
    assert f"{__name__}:narrow: observations of shape (1, 2) came, expected (2, 1)." in message


def test_observations_without_entries_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    space = spaces.Box(-1, 1, (0,), np.float32)
    spec = gymnasium.envs.registration.EnvSpec("Whole-v0", entry_point=cast(Any, lambda: Whole(space)))
    monkeypatch.setitem(gymnasium.registry, "Whole-v0", spec)
    with pytest.raises(UsageError, match="have no entries"):
        Talk("gym:Whole-v0")
