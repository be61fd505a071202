"""Isaac Lab 2 and OmniIsaacGymEnvs against stand-ins: neither runs here."""

from __future__ import annotations

import numpy as np
import pytest

from .stand_ins import isaac_lab_2, omniisaac
from .talk import Talk

ACTIONS = np.full((3, 8), 0.25, np.float32)


def test_isaac_lab_2(monkeypatch: pytest.MonkeyPatch) -> None:
    isaac_lab_2.install_isaac_lab_2(monkeypatch)
    talk = Talk("isaac:Ant", "--num-envs", "3")
    about = talk.about
    assert (about["autoresetMode"], about["finalObservations"], about["maxEpisodeSteps"]) == ("same-step", False, 4)
    assert about["action"]["high"].tolist() == [1] * 8
    talk.ask("reset", seed=1)
    steps = [talk.ask("step", actions=ACTIONS) for _ in range(4)]
    assert [step["terminated"].tolist() for step in steps] == [
        [False] * 3,
        [True, False, False],
        [False] * 3,
        [True, False, False],
    ]
    assert [step["truncated"].tolist() for step in steps] == [[False] * 3] * 3 + [[False, True, True]]
    # The row that ended shows its new episode, and no last observation is made up.
    assert steps[3]["observations"].tolist() == [[0, 0], [1, 0], [2, 0]]
    assert [step["finalRows"].tolist() for step in steps] == [[]] * 4
    assert steps[3]["rewards"].tolist() == [2, 2, 2]
    assert steps[3]["episodes"]["lengths"].tolist() == [2, 4, 4]
    talk.simulator.close()
    assert isaac_lab_2.closed == ["env", "app"]


def test_isaac_lab_2_spreads_first_episodes(monkeypatch: pytest.MonkeyPatch) -> None:
    isaac_lab_2.install_isaac_lab_2(monkeypatch)
    talk = Talk("isaac:Ant", "--num-envs", "64", "--spread-episodes")
    talk.ask("reset", seed=1)
    truncated = talk.ask("step", actions=np.zeros((64, 8)))["truncated"]
    # A quarter of the rows are in the last of four steps.
    assert 8 < truncated.sum() < 26


def test_isaac_lab_2_knows_no_ids_of_isaac_lab_3(monkeypatch: pytest.MonkeyPatch) -> None:
    isaac_lab_2.install_isaac_lab_2(monkeypatch)
    with pytest.raises(Exception, match="Isaac Lab 2, which is installed, has Isaac-Ant-Direct-v0 and Isaac-Ant-v0"):
        Talk("isaac:Isaac-Ant-Direct")


def test_omniisaac(monkeypatch: pytest.MonkeyPatch) -> None:
    omniisaac.install_omniisaac(monkeypatch)
    talk = Talk("omniisaac:Ant", "--num-envs", "3", "--seed", "6")
    about = talk.about
    assert (about["autoresetMode"], about["seeded"], about["maxEpisodeSteps"]) == ("reset-then-step", False, 5)
    assert about["criticObservation"]["shape"] == [1]
    assert omniisaac.asked["folder"] == "/somewhere/omniisaacgymenvs/cfg"
    assert omniisaac.asked["overrides"] == ["task=Ant", "num_envs=3", "seed=6", "headless=True"]
    assert omniisaac.asked["seed"] == 6
    assert talk.ask("reset")["observations"].tolist() == [[0, 1], [1, 1], [2, 1]]
    steps = [talk.ask("step", actions=ACTIONS) for _ in range(4)]
    # Row 0 falls in its third step. The observation there is the last one; the next is the first after a reset and a step.
    assert [step["observations"][0].tolist() for step in steps] == [[0, 2], [0, 3], [0, 1], [0, 2]]
    assert [bool(step["terminated"][0]) for step in steps] == [False, True, False, False]
    # The others run out of steps in the fourth.
    assert [bool(step["truncated"][1]) for step in steps] == [False, False, True, False]
    assert not any(step["terminated"][1] for step in steps)
    assert [step["invalid"].tolist() if "invalid" in step else None for step in steps] == [
        None,
        None,
        [True, False, False],
        [False, True, True],
    ]
    assert [step["finalRows"].tolist() for step in steps] == [[]] * 4
    assert steps[3]["criticObservations"].tolist() == [[-2], [-1], [-1]]
    talk.simulator.close()
    assert omniisaac.asked["closed"]
