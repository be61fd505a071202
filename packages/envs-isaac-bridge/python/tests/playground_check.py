"""Run in a Python that has MuJoCo Playground: the adapter's steps and last observations are those of the plain environment.

playground_check.py [TASK]
"""

from __future__ import annotations

import sys
from typing import Any

import jax
import numpy as np
from mujoco_playground import registry

from meow_isaac_bridge.adapters.playground import Playground
from meow_isaac_bridge.cli import parse


def main(task: str) -> None:
    rows, limit = 2, 4
    env: Any = registry.load(task, config_overrides={"impl": "jax"})
    options = parse([task, "--num-envs", str(rows), "--seed", "3"]).simulator
    simulator = Playground(env, limit, options)
    first = simulator.reset(3, None)
    state: Any = simulator._state
    move = jax.jit(jax.vmap(env.step))
    actions = np.full((rows, simulator.description.action.entries), 0.3, np.float32)
    for number in range(1, limit + 1):
        state = move(state, actions)
        step = simulator.step(actions)
        np.testing.assert_allclose(step.rewards, state.reward, rtol=1e-5)
        last = step.observations if number < limit else step.final_observations
        assert last is not None
        np.testing.assert_allclose(last.policy, state.obs, rtol=1e-4, atol=1e-5)
        assert step.truncated.tolist() == [number == limit] * rows
    assert step.final_rows.tolist() == [0, 1]
    # What the step gives is the new episode, in which nothing has moved yet.
    assert not np.allclose(step.observations.policy, state.obs, atol=1e-3)
    np.testing.assert_array_equal(simulator.reset(3, None).policy, first.policy)
    print(f"{task} is stepped as Playground does")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "CartpoleBalance")
