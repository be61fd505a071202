"""Steps a task of Isaac Lab 3 without the bridge, in Isaac's own Python, and writes down what it gave.

isaac_reference.py TASK ROWS STEPS SEED FILE

The file has tensors of float32, which is what Isaac Lab gives; flags are 0 and 1.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np


def main(task: str, rows: int, steps: int, seed: int, file: str) -> None:
    import gymnasium
    import isaaclab_tasks  # noqa: F401  registers the tasks
    import torch
    from isaaclab.app import launch_simulation
    from isaaclab_tasks.utils import parse_env_cfg
    from safetensors.numpy import save_file

    config = parse_env_cfg(task, device="cpu", num_envs=rows)
    config.seed, config.compute_final_obs = seed, True
    kept: dict[str, list[Any]] = {name: [] for name in ("actions", "observations", "rewards", "terminated", "truncated", "final")}
    with launch_simulation(config, {"headless": True, "device": "cpu"}):
        env = gymnasium.make(task, cfg=config)
        raw: Any = env.unwrapped
        first = env.reset(seed=seed)[0]["policy"].numpy().copy()
        spread = np.random.default_rng(seed).integers(raw.max_episode_length, size=rows)
        raw.episode_length_buf[:] = torch.from_numpy(spread)
        random = np.random.default_rng(1)
        for _ in range(steps):
            actions = random.uniform(-1, 1, (rows, raw.single_action_space.shape[0])).astype(np.float32)
            observations, rewards, terminated, truncated, extras = env.step(torch.from_numpy(actions.copy()))
            last = extras["final_obs"]["policy"] if "final_obs" in extras else observations["policy"]
            values = (actions, observations["policy"], rewards, terminated, truncated, last)
            for name, value in zip(kept, values, strict=True):
                kept[name].append(np.array(value))
        arrays: dict[str, Any] = {name: np.stack(values).astype(np.float32) for name, values in kept.items()}
        save_file({"first": first, **arrays}, file)
        env.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5])
