"""The whole training loop with PyTorch and Gymnasium: act, step, store, sample, update."""

import time

import gymnasium
import numpy as np
import torch


class Replay:
    """The last transitions in float32 arrays."""

    def __init__(self, capacity, observation_size, action_size):
        self.capacity = capacity
        self.size = 0
        self.cursor = 0
        self.observations = np.zeros((capacity, observation_size), np.float32)
        self.actions = np.zeros((capacity, action_size), np.float32)
        self.rewards = np.zeros(capacity, np.float32)
        self.next_observations = np.zeros((capacity, observation_size), np.float32)
        self.terminated = np.zeros(capacity, np.float32)

    def add(self, *transition):
        for field, value in zip(self.fields(), transition):
            field[self.cursor] = value
        self.cursor = (self.cursor + 1) % self.capacity
        self.size = min(self.size + 1, self.capacity)

    def fields(self):
        return self.observations, self.actions, self.rewards, self.next_observations, self.terminated

    def sample(self, rows):
        chosen = np.random.randint(self.size, size=rows)
        return [torch.from_numpy(field[chosen]) for field in self.fields()]


def steps_per_second(learner, steps, warmup, env_id="HalfCheetah-v5", batch_size=256):
    """Environment steps per second with one update per step, after `warmup` steps with random actions."""
    env = gymnasium.wrappers.RescaleAction(gymnasium.make(env_id), -1.0, 1.0)
    observation, _ = env.reset(seed=0)
    replay = Replay(1_000_000, env.observation_space.shape[0], env.action_space.shape[0])

    def step(observation, action):
        following, reward, terminated, truncated, _ = env.step(action)
        replay.add(observation, action, reward, following, terminated)
        return env.reset()[0] if terminated or truncated else following

    for _ in range(warmup):
        observation = step(observation, env.action_space.sample())
    # The first updates allocate; the clock starts after them.
    for _ in range(20):
        learner.update(*replay.sample(batch_size))
    begun = time.perf_counter()
    for _ in range(steps):
        action = learner.act(observation[None])[0]
        observation = step(observation, action)
        learner.update(*replay.sample(batch_size))
    seconds = time.perf_counter() - begun
    env.close()
    return steps / seconds
