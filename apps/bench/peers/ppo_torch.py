"""PPO's update in PyTorch, eagerly: generalized advantages of a rollout, then epochs of minibatches with the clipped surrogate.

Two variants of one update:

- `cleanrl` is written as in CleanRL's ppo_continuous_action.py: advantages step by step on tensors, the default Adam, the policy as a
  distribution object.
- `lean` leaves out what the result does not depend on: advantages are computed on arrays of numpy, Adam is the fused one, the density of
  the policy is written out.
"""

import math

import numpy as np
import torch
from torch import nn
from torch.distributions.normal import Normal

MINIBATCHES = 32


def network(sizes):
    layers = []
    for inputs, outputs in zip(sizes, sizes[1:]):
        layers += [nn.Linear(inputs, outputs), nn.Tanh()]
    return nn.Sequential(*layers[:-1])


class Agent(nn.Module):
    def __init__(self, settings, lean):
        super().__init__()
        self.lean = lean
        self.critic = network([settings.observation_size, *settings.hidden, 1])
        self.actor_mean = network([settings.observation_size, *settings.hidden, settings.action_size])
        self.actor_logstd = nn.Parameter(torch.zeros(1, settings.action_size))

    def judge(self, observation, action):
        """log pi and entropy of the policy, and V."""
        mean = self.actor_mean(observation)
        value = self.critic(observation).view(-1)
        if self.lean:
            log_std = self.actor_logstd
            score = (action - mean) * torch.exp(-log_std)
            constant = 0.5 * math.log(2 * math.pi) * action.shape[1]
            log_prob = -0.5 * (score * score).sum(1) - log_std.sum() - constant
            return log_prob, log_std.sum() + constant + 0.5 * action.shape[1], value
        policy = Normal(mean, torch.exp(self.actor_logstd.expand_as(mean)))
        return policy.log_prob(action).sum(1), policy.entropy().sum(1), value


class Learner:
    def __init__(self, settings, variant, dtype=torch.float32):
        self.settings = settings
        self.lean = variant == "lean"
        self.dtype = dtype
        self.agent = Agent(settings, self.lean).to(dtype)
        self.adam = torch.optim.Adam(self.agent.parameters(), lr=settings.learning_rate, eps=1e-5, fused=self.lean or None)

    def parts(self):
        return ("actor", self.agent.actor_mean), ("critic", self.agent.critic)

    @torch.no_grad()
    def load(self, params):
        """Parameters by name."""
        for name, part in self.parts():
            for k, layer in enumerate(part[::2]):
                layer.weight.copy_(params[f"{name}.{k}.weight"])
                layer.bias.copy_(params[f"{name}.{k}.bias"])
        self.agent.actor_logstd.copy_(params["actor.logStd"][None])

    def values(self):
        """The parameters by name."""
        named = {"actor.logStd": self.agent.actor_logstd}
        for name, part in self.parts():
            for k, layer in enumerate(part[::2]):
                named |= {f"{name}.{k}.weight": layer.weight, f"{name}.{k}.bias": layer.bias}
        return named

    @torch.no_grad()
    def explore(self, state):
        """Sampled actions, their log pi, and V."""
        mean = self.agent.actor_mean(state)
        action = mean + torch.exp(self.agent.actor_logstd) * torch.randn_like(mean)
        log_prob, _, value = self.agent.judge(state, action)
        return action, log_prob, value

    def act(self, observation):
        action, _, _ = self.explore(torch.as_tensor(observation, dtype=self.dtype))
        return action.clamp(-1, 1).numpy()

    def random_rollout(self):
        """A rollout of one environment in random states with random rewards, in which no episode ends."""
        rows = MINIBATCHES * self.settings.batch_size
        observation, reward = torch.randn(rows, self.settings.observation_size), torch.randn(rows)
        action, log_prob, value = self.explore(observation)
        return observation, action, log_prob, reward[:, None], torch.zeros(rows, 1), value[:, None], value[-1:]

    def advantages(self, reward, done, value, next_value):
        """Of [T, N] rewards, ends of episodes and V, and the [N] V of where the rollout stops."""
        c = self.settings
        if self.lean:
            reward, going, value, next_value = reward.numpy(), 1 - done.numpy(), value.numpy(), next_value.numpy()
            delta = reward + c.gamma * np.concatenate([value[1:], next_value[None]]) * going - value
            advantage = np.zeros_like(reward)
            last = 0.0
            for t in range(len(reward) - 1, -1, -1):
                advantage[t] = last = delta[t] + c.gamma * c.gae_lambda * going[t] * last
            return torch.from_numpy(advantage)
        advantage = torch.zeros_like(reward)
        last = 0
        for t in reversed(range(len(reward))):
            next_values = next_value if t == len(reward) - 1 else value[t + 1]
            next_nonterminal = 1.0 - done[t]
            delta = reward[t] + c.gamma * next_values * next_nonterminal - value[t]
            advantage[t] = last = delta + c.gamma * c.gae_lambda * next_nonterminal * last
        return advantage

    @property
    def updates(self):
        """Gradient steps of one `update` on a rollout that can be cut into so many minibatches."""
        return self.settings.epochs * MINIBATCHES

    def update(self, observation, action, log_prob, reward, done, value, next_value):
        """Learns from a rollout, [T N, .] and [T, N]."""
        advantage = self.advantages(reward, done, value, next_value)
        whole = observation, action, log_prob, value.reshape(-1), advantage.reshape(-1), (advantage + value).reshape(-1)
        for _ in range(self.settings.epochs):
            for indices in torch.from_numpy(np.random.permutation(len(observation))).chunk(MINIBATCHES):
                self.step(*(values[indices] for values in whole))

    def step(self, observation, action, old_log_prob, old_value, advantage, returns):
        """One gradient step on a minibatch; gives what CleanRL logs."""
        c = self.settings
        new_log_prob, entropy, new_value = self.agent.judge(observation, action)
        log_ratio = new_log_prob - old_log_prob
        ratio = log_ratio.exp()
        with torch.no_grad():
            old_approx_kl = (-log_ratio).mean()
            approx_kl = ((ratio - 1) - log_ratio).mean()
            clip_fraction = ((ratio - 1.0).abs() > c.clip_range).to(self.dtype).mean()
        advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
        loss1 = -advantage * ratio
        loss2 = -advantage * torch.clamp(ratio, 1 - c.clip_range, 1 + c.clip_range)
        policy_loss = torch.max(loss1, loss2).mean()
        unclipped = (new_value - returns) ** 2
        near = old_value + torch.clamp(new_value - old_value, -c.clip_range, c.clip_range)
        value_loss = 0.5 * torch.max(unclipped, (near - returns) ** 2).mean()
        entropy = entropy.mean()
        loss = policy_loss - c.entropy_coefficient * entropy + value_loss * c.value_coefficient
        self.adam.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.agent.parameters(), c.grad_clip)
        self.adam.step()
        return {"loss": loss, "policyLoss": policy_loss, "valueLoss": value_loss, "entropy": entropy, "approxKl": approx_kl,
                "oldApproxKl": old_approx_kl, "clipFraction": clip_fraction, "gradNorm": norm}
