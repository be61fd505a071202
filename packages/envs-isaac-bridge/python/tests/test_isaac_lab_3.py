"""The real Isaac Lab 3 through a real server. ISAAC_PYTHON names its Python; npm run test:isaac runs this."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from .client import client_of, server_of

ROWS, STEPS, SEED = 16, 200, 7
REFERENCE = Path(__file__).parent / "isaac_reference.py"

pytestmark = pytest.mark.isaac


@pytest.mark.parametrize("task", ["Isaac-Ant-Direct", "Isaac-Ant", "Isaac-Humanoid-Direct"])
def test_trajectories_are_those_of_isaac_lab(task: str, tmp_path: Path) -> None:
    python = os.environ["ISAAC_PYTHON"]
    expected_file = tmp_path / "expected.npz"
    subprocess.run([python, str(REFERENCE), task, str(ROWS), str(STEPS), str(SEED), str(expected_file)], check=True)
    expected = np.load(expected_file)
    # Random steps let robots fall; a spread of first episodes gives truncations within these steps.
    with (
        server_of(
            f"isaac:{task}",
            "--num-envs",
            str(ROWS),
            "--seed",
            str(SEED),
            "--device",
            "cpu",
            "--spread-episodes",
            python=(python,),
        ) as server,
        client_of(server.address) as client,
    ):
        about = client.hello()
        assert about["autoresetMode"] == "same-step"
        assert about["finalObservations"] is True
        np.testing.assert_array_equal(about["action"]["high"], np.ones(about["action"]["shape"]))
        first = client.ask("reset", seed=SEED)
        np.testing.assert_array_equal(first["observations"], expected["first"])
        for step, actions in enumerate(expected["actions"]):
            compare(client.step(actions), expected, step)
    assert expected["terminated"].sum() > 0
    assert expected["truncated"].sum() > 0


def compare(answer: dict[str, Any], expected: Any, step: int) -> None:
    for name in ("observations", "rewards", "terminated", "truncated"):
        np.testing.assert_array_equal(answer[name], expected[name][step], err_msg=f"{name} of step {step}")
    ended = expected["terminated"][step] | expected["truncated"][step]
    assert answer["finalRows"].tolist() == np.flatnonzero(ended).tolist()
    np.testing.assert_array_equal(answer["finalObservations"], expected["final"][step][ended])
