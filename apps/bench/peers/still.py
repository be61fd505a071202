"""A simulator in which nothing happens: what is left of a step is the way to Python and back."""

import numpy as np
from meow_isaac_bridge.simulator import Box, Description, Observations, Step

OBSERVATION, ACTION = 60, 8


class Still:
    def __init__(self, num_envs):
        self.description = Description(
            num_envs=num_envs,
            observation=Box.unbounded(OBSERVATION),
            action=Box(-np.ones(ACTION), np.ones(ACTION), "<f4"),
            autoreset_mode="next-step",
        )
        never = np.zeros(num_envs, np.bool_)
        self._observations = Observations(np.zeros((num_envs, OBSERVATION), np.float32))
        self._step = Step(self._observations, np.zeros(num_envs, np.float32), never, never)

    def reset(self, seed, mask):
        return self._observations

    def step(self, actions):
        return self._step

    def close(self):
        pass


def make(num_envs, seed):
    return Still(num_envs)
