"""Real EnvPool through a real server: the same bits as in Python."""

from __future__ import annotations

from typing import Any

import envpool
import numpy as np
from gymnasium.spaces import utils

from .client import client_of, server_of


def test_trajectories_are_those_of_envpool() -> None:
    rows, steps, seed = 8, 120, 4
    reference = envpool.make_gymnasium("Hopper-v5", num_envs=rows, seed=seed, max_episode_steps=40)
    actions = np.random.default_rng(2).uniform(-1, 1, (steps, rows, 3))
    terminations = truncations = resets = 0
    with (
        server_of("envpool:Hopper-v5", "--num-envs", str(rows), "--env-args", '{"max_episode_steps": 40}') as server,
        client_of(server.address) as client,
    ):
        about = client.hello()
        assert (about["autoresetMode"], about["maxEpisodeSteps"]) == ("next-step", 40)
        assert (about["observation"]["dtype"], about["action"]["dtype"]) == ("<f8", "<f8")
        # A seed begins all anew, whatever came before.
        client.ask("reset")
        client.step(actions[0])
        expected, _ = reference.reset()
        np.testing.assert_array_equal(client.ask("reset", seed=seed)["observations"], expected)
        ended = np.zeros(rows, bool)
        for batch in actions:
            observations, rewards, terminated, truncated, _ = reference.step(batch)
            answer = client.step(batch)
            np.testing.assert_array_equal(answer["observations"], observations)
            np.testing.assert_array_equal(answer["rewards"], rewards)
            np.testing.assert_array_equal(answer["terminated"], terminated)
            np.testing.assert_array_equal(answer["truncated"], truncated)
            assert answer.get("invalid", np.zeros(rows, bool)).tolist() == ended.tolist()
            # EnvPool's own word for it: the step that resets has no reward.
            assert not rewards[ended].any()
            resets += int(ended.sum())
            ended = terminated | truncated
            terminations += int(terminated.sum())
            truncations += int(truncated.sum())
        other = client.ask("reset", seed=seed + 1)["observations"]
        assert not np.array_equal(other, expected)
        again = client.ask("reset")["observations"]
        assert not np.array_equal(again, other)
        # Seeds of runs have 32 bits, EnvPool's 31 for the last row's.
        np.testing.assert_array_equal(client.ask("reset", seed=seed + 2**31 - rows)["observations"], expected)
        assert np.isfinite(client.ask("reset", seed=2**32 - 1)["observations"]).all()
    assert min(terminations, truncations, resets) > 0


def test_observations_of_several_fields_are_flattened_as_gymnasium_does() -> None:
    rows, seed = 3, 4
    reference = envpool.make_gymnasium("WalkerWalk-v1", num_envs=rows, seed=seed)
    space = reference.observation_space
    actions = np.random.default_rng(2).uniform(-1, 1, (5, rows, 6))

    def flat(observations: dict[str, Any], order: Any) -> list[Any]:
        return [utils.flatten(space, {name: field[row] for name, field in observations.items()}) for row in order]

    with (
        server_of("envpool:WalkerWalk-v1", "--num-envs", str(rows)) as server,
        client_of(server.address) as client,
    ):
        about = client.hello()
        # Orientations, a height without a shape, velocities.
        assert (about["observation"]["shape"], about["observation"]["dtype"]) == ([14 + 1 + 9], "<f8")
        expected, info = reference.reset()
        order = np.argsort(info["env_id"])
        np.testing.assert_array_equal(client.ask("reset", seed=seed)["observations"], flat(expected, order))
        for batch in actions:
            expected, rewards, _, _, info = reference.step(batch)
            order = np.argsort(info["env_id"])
            answer = client.step(batch)
            np.testing.assert_array_equal(answer["observations"], flat(expected, order))
            np.testing.assert_array_equal(answer["rewards"], rewards[order])
