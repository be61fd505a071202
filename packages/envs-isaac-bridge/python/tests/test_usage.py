"""What the command line and the tasks refuse, in the words that the user sees."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from meow_isaac_bridge import Box, UsageError
from meow_isaac_bridge.__main__ import main
from meow_isaac_bridge.access import check_listening
from meow_isaac_bridge.action_bounds import bounded_actions
from meow_isaac_bridge.adapters import make_simulator
from meow_isaac_bridge.cli import parse
from meow_isaac_bridge.tasks import task_id


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--token-env", "NOWHERE"], "NOWHERE: that environment variable is not set"),
        (["--num-envs", "0"], "--num-envs is 0: expected 1 or more"),
        (["--clients", "-1"], "--clients is -1"),
        (["--max-steps", "0"], "--max-steps is 0: expected 1 or more"),
        (["--seed", "-1"], "--seed is -1"),
        (["--env-args", "{"], "--env-args is no JSON"),
        (["--env-args", "[]"], "--env-args is a list: expected a JSON object"),
        (["--port", "-1"], "--port is -1: expected 0 to 65535"),
        (["--port", "65536"], "--port is 65536"),
        (["--unix", ""], "--unix is empty: expected the path of a socket"),
        (["--ping-interval", "0"], "--ping-interval is 0: expected seconds above 0 and up to 3600"),
        (["--ping-interval", "nan"], "--ping-interval is nan"),
        (["--unix", "a.sock", "--port", "80"], "leave --host and --port out"),
        (["--unix", "a.sock", "--host", "::1"], "leave --host and --port out"),
    ],
)
def test_command_line(arguments: list[str], expected: str) -> None:
    with pytest.raises(UsageError, match=expected):
        parse(["gym:Ant-v5", *arguments])


def test_a_token_leaves_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "a long enough token")
    assert parse(["gym:Ant-v5", "--token-env", "SECRET"]).server.token == "a long enough token"  # noqa: S105
    with pytest.raises(UsageError, match="not set"):
        parse(["gym:Ant-v5", "--token-env", "SECRET"])
    for token in ("a token with a line end\n", " a token with a space before it"):
        monkeypatch.setenv("SECRET", token)
        with pytest.raises(UsageError, match="line ends or spaces around it"):
            parse(["gym:Ant-v5", "--token-env", "SECRET"])


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_this_machine_needs_no_token(host: str) -> None:
    check_listening(host, None)


@pytest.mark.parametrize("host", ["192.0.2.1", "::", "lab.example", ""])
def test_others_need_a_long_one(host: str) -> None:
    with pytest.raises(UsageError, match="a token is needed"):
        check_listening(host, None)
    with pytest.raises(UsageError, match="at least 16 are needed"):
        check_listening(host, "x" * 15)
    check_listening(host, "x" * 16)


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        ("Ant-v5", "lacks a prefix"),
        ("nowhere:make", "there is no module nowhere"),
        ("no.where:make", "there is no module no.where"),
        (".stand_in:make", "has a relative module: expected one by its full name"),
        (":make", "is half of one"),
        ("isaac:", "is half of one"),
        ("tests.stand_in:takes_nothing", r"is called as \(num_envs=…, seed=…\), and is \(\).*: got an unexpected"),
        ("tests.stand_in:nothing", "has no function nothing"),
        ("tests.stand_in:SOMETHING", "has no function SOMETHING"),
        ("collections:Counter", "gave a Counter: expected a Simulator or a gymnasium.vector.VectorEnv.$"),
        (
            "tests.stand_in:one",
            "For one environment .* tests.stand_in with gymnasium.register, and name it gym:tests.stand_in:ID",
        ),
        ("gym:nowhere:Ant-v5", "Gymnasium can't make nowhere:Ant-v5: there is no module nowhere in .* or on PYTHONPATH"),
        ("gym-vector:no.where:Ant-v5", "Gymnasium can't make no.where:Ant-v5: there is no module no.where"),
        ("gym:Nonsense-v0", "Gymnasium can't make Nonsense-v0"),
        ("gym-vector:Nonsense-v0", "Gymnasium can't make a vector of Nonsense-v0"),
        ("envpool:Nonsense-v0", "EnvPool can't make Nonsense-v0"),
        ("gym:CartPole-v1", "not continuous"),
        ("gym-vector:CartPole-v1", "not continuous"),
        ("envpool:CartPole-v1", "not continuous"),
        ("isaac:Isaac-Ant-Direct", "isaaclab.app is not installed"),
        ("omniisaac:Ant", "omniisaacgymenvs is not installed"),
        ("playground:CartpoleBalance", "mujoco_playground is not installed"),
    ],
)
def test_tasks(task: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[1])
    with pytest.raises(UsageError, match=expected):
        make_simulator(parse([task]).simulator)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["gym:Hopper-v5", "--env-args", '{"speed": 3}'], 'Hopper-v5 doesn\'t take --env-args {"speed": 3}: .*speed'),
        (["gym-vector:Hopper-v5", "--env-args", '{"speed": 3}'], "Hopper-v5 doesn't take --env-args .*speed"),
        (["gym-vector:Hopper-v5", "--env-args", '{"num_envs": 3}'], "doesn't take --env-args .*num_envs"),
        (["envpool:Hopper-v5", "--env-args", '{"speed": 3}'], "EnvPool can't make Hopper-v5: .*speed"),
        (["tests.stand_in:make", "--env-args", '{"speed": 3}'], "is called as .*unexpected keyword argument 'speed'"),
        (["isaac:Ant", "--env-args", '{"speed": 3}'], "takes none. Leave it out"),
        (["gym:Hopper-v5", "--device", "cuda:0"], "--device cuda:0 is for Isaac Lab: gym:Hopper-v5 takes none"),
        (["envpool:Hopper-v5", "--max-steps", "9"], "--max-steps 9 is for Gymnasium's environments: envpool:Hopper-v5 ends"),
        (["tests.stand_in:make", "--max-steps", "9"], "tests.stand_in:make ends its episodes itself. Leave it out"),
        (["gym:Hopper-v5", "--max-steps", "9", "--env-args", '{"max_episode_steps": 9}'], "are the same: give one of them"),
        (["tests.stand_in:make", "--action-bound", "2"], "--action-bound: a simulator of your own"),
    ],
)
def test_options_that_a_task_does_not_take(arguments: list[str], expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[1])
    with pytest.raises(UsageError, match=expected):
        make_simulator(parse(arguments).simulator)


def test_modes_that_a_simulator_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[1])
    with pytest.raises(UsageError, match="has the autoreset mode same-step, not disabled"):
        make_simulator(parse(["tests.stand_in:make", "--autoreset", "disabled"]).simulator)
    with pytest.raises(UsageError, match="has the autoreset mode next-step, not same-step"):
        make_simulator(parse(["envpool:Hopper-v5", "--autoreset", "same-step"]).simulator)
    # Before Isaac is looked for, which takes its time where it is there.
    with pytest.raises(UsageError, match="isaac:Isaac-Ant-Direct has the autoreset mode same-step, not next-step"):
        make_simulator(parse(["isaac:Isaac-Ant-Direct", "--autoreset", "next-step"]).simulator)
    with pytest.raises(UsageError, match="omniisaac:Ant has the autoreset mode reset-then-step, not disabled"):
        make_simulator(parse(["omniisaac:Ant", "--autoreset", "disabled"]).simulator)


def test_isaac_has_one_simulation_a_process(capsys: pytest.CaptureFixture[str]) -> None:
    # Before Isaac is looked for, which takes its time where it is there.
    assert main(["isaac:Isaac-Ant-Direct", "--clients", "2"]) == 2
    assert "--clients 2: Isaac has one simulation a process" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("task", "bound"),
    [
        ("Isaac-Ant-Direct", 1),
        ("Isaac-Humanoid-v0", 1),
        ("Isaac-Velocity-Flat-AnymalD", 1),
        ("Isaac-Reorient-Cube-Allegro", 1),
        ("Isaac-Open-Drawer-Franka", 3),
        ("Isaac-Franka-Cabinet-Direct-v0", 3),
    ],
)
def test_tasks_of_the_paper_have_bounds(task: str, bound: float) -> None:
    space = bounded_actions(task, Box.unbounded(2), None)
    assert (space.low.tolist(), space.high.tolist()) == ([-bound, -bound], [bound, bound])


def test_other_unbounded_actions_need_a_bound() -> None:
    with pytest.raises(
        UsageError, match=r"Isaac-Lift-Cube has unbounded actions.*--action-bound B, to meow-bench or to the server"
    ):
        bounded_actions("Isaac-Lift-Cube", Box.unbounded(2), None)
    assert bounded_actions("Isaac-Lift-Cube", Box.unbounded(2), 2).high.tolist() == [2, 2]
    # An entry that has a bound keeps it.
    half = Box(np.array([-0.5, -np.inf]), np.array([0.5, np.inf]), "<f4")
    assert bounded_actions("Isaac-Lift-Cube", half, 2).low.tolist() == [-0.5, -2]
    with pytest.raises(UsageError, match="expected a number above 0"):
        bounded_actions("Isaac-Lift-Cube", Box.unbounded(2), -1)
    with pytest.raises(UsageError, match=r"has bounds itself, -1\.0 to 1\.0"):
        bounded_actions("Ant-v5", Box(-np.ones(2), np.ones(2), "<f4"), 2)


def test_names_of_the_paper() -> None:
    assert task_id("Ant", "isaac_lab_3") == "Isaac-Ant-Direct"
    assert task_id("Ant", "isaac_lab_2") == "Isaac-Ant-Direct-v0"
    assert task_id("ANYmal", "omniisaac") == "Anymal"
    assert task_id("Isaac-Ant", "isaac_lab_3") == "Isaac-Ant"
    assert task_id("Isaac-Cartpole", "isaac_lab_3") == "Isaac-Cartpole"
    with pytest.raises(UsageError, match="Isaac Lab 3, which is installed, has Isaac-Ant-Direct and"):
        task_id("Isaac-Ant-v0", "isaac_lab_3")
    with pytest.raises(UsageError, match="Ingenuity does not exist in Isaac Lab 3"):
        task_id("Ingenuity", "isaac_lab_3")
