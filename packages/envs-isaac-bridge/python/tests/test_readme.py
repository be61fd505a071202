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


def test_every_option_is_told() -> None:
    from meow_isaac_bridge import cli

    options = set(re.findall(r'add\(\s*"(--[a-z-]+)"', Path(cli.__file__).read_text()))
    assert len(options) > 10
    assert {option for option in options if f"`{option}" not in README} == set()
