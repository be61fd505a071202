"""Real EnvPool through a real server: the same bits as in Python."""

from __future__ import annotations

import envpool
import numpy as np

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
