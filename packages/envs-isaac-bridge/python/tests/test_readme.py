"""The README's simulators run as they stand there."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from .talk import Talk

README = (Path(__file__).parents[1] / "README.md").read_text()


@pytest.fixture
def examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, code in re.findall(r"```python\n# (\w+\.py)\n(.*?)```", README, re.DOTALL):
        (tmp_path / name).write_text(code)
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("examples")
def test_a_vector_of_gymnasium() -> None:
    talk = Talk("lab:make", "--num-envs", "4")
    assert (talk.about["numEnvs"], talk.about["autoresetMode"]) == (4, "next-step")
    assert talk.about["action"]["high"].tolist() == [2]
    assert talk.ask("reset", seed=1)["observations"].shape == (4, 3)


@pytest.mark.usefixtures("examples")
def test_a_class() -> None:
    talk = Talk("cart:make", "--num-envs", "2")
    talk.ask("reset")
    talk.ask("step", actions=np.array([[1], [-1]], np.float32))
    answer = talk.ask("step", actions=np.array([[1], [1]], np.float32))
    np.testing.assert_allclose(answer["observations"], [[0.2], [0.0]], atol=1e-7)
    np.testing.assert_allclose(answer["rewards"], [-0.2, 0], atol=1e-7)
    for _ in range(198):
        answer = talk.ask("step", actions=np.array([[1], [1]], np.float32))
    assert (answer["truncated"].tolist(), talk.about["maxEpisodeSteps"]) == ([True, True], 200)
    np.testing.assert_allclose(answer["finalObservations"], np.array([[20.0], [19.8]]), rtol=1e-5)
    assert answer["observations"].tolist() == [[0], [0]]


def test_an_environment_of_the_users_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (Path(__file__).parents[4] / "docs" / "isaac.md").read_text()
    for name, code in re.findall(r"```python\n# (\w+\.py)\n(.*?)```", text, re.DOTALL):
        (tmp_path / name).write_text(code)
    monkeypatch.chdir(tmp_path)
    talk = Talk("gym:my_module:My-v0", "--num-envs", "2")
    assert talk.about["maxEpisodeSteps"] == 100
    assert talk.ask("reset", seed=1)["observations"].shape == (2, 1)
    assert talk.ask("step", actions=np.zeros((2, 1), np.float32))["rewards"].max() < 0


def test_every_option_is_told() -> None:
    from meow_isaac_bridge import cli

    options = set(re.findall(r'add\(\s*"(--[a-z-]+)"', Path(cli.__file__).read_text()))
    assert len(options) > 10
    assert {option for option in options if f"`{option}" not in README} == set()
