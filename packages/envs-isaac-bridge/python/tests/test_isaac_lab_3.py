"""The real Isaac Lab 3 through a real server. ISAAC_PYTHON names its Python; npm run test:isaac runs this."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from .client import client_of, server_of

ROWS, STEPS, SEED = 16, 200, 7
REFERENCE = Path(__file__).parent / "isaac_reference.py"
# Isaac's Python has a copy of its own, which may be old.
SOURCES = str(Path(__file__).parents[1] / "src")

pytestmark = pytest.mark.isaac


@pytest.mark.parametrize(
    ("task", "ends"),
    [
        ("Isaac-Ant-Direct", ("terminated", "truncated")),
        ("Isaac-Ant", ("terminated", "truncated")),
        # Random humanoids fall before their time is up.
        ("Isaac-Humanoid-Direct", ("terminated",)),
    ],
)
def test_trajectories_are_those_of_isaac_lab(task: str, ends: tuple[str, ...], tmp_path: Path) -> None:
    python = isaac_python()
    expected_file = tmp_path / "expected.safetensors"
    subprocess.run([python, str(REFERENCE), task, str(ROWS), str(STEPS), str(SEED), str(expected_file)], check=True)
    expected = load_file(expected_file)
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
            PYTHONPATH=SOURCES,
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
    for name in ends:
        assert expected[name].sum() > 0


def isaac_python() -> str:
    path = os.environ.get("ISAAC_PYTHON")
    assert path, "ISAAC_PYTHON has to name the Python that Isaac Lab is installed for"
    return path


def test_tensors_come_off_a_device_in_one_copy() -> None:
    """The way off a GPU, tried with tensors of PyTorch on the CPU."""
    check = REFERENCE.parent / "device_copy_check.py"
    subprocess.run([isaac_python(), str(check)], check=True, env={**os.environ, "PYTHONPATH": SOURCES})


def compare(answer: dict[str, Any], expected: Any, step: int) -> None:
    for name in ("observations", "rewards", "terminated", "truncated"):
        np.testing.assert_array_equal(answer[name], expected[name][step], err_msg=f"{name} of step {step}")
    ended = (expected["terminated"][step] + expected["truncated"][step]) > 0
    assert answer["finalRows"].tolist() == np.flatnonzero(ended).tolist()
    np.testing.assert_array_equal(answer["finalObservations"], expected["final"][step][ended])
