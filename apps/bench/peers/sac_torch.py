"""SAC's update in PyTorch, eagerly: twin soft Q, squashed Gaussian, automatic temperature.

Two variants of one update:

- `cleanrl` is written as in CleanRL: two networks for the two Q, the default Adam, gradients of the actor's loss in the critics as well, the
  target averaged parameter by parameter. What CleanRL draws once more for the temperature is left out: it takes log pi of the actor's loss.
- `lean` leaves out what the result does not depend on: both Q are one batched product for each layer, Adam is the fused one, the actor's loss
  is differentiated by the actor alone, and averaging works on lists of parameters at once.
"""

import copy
import math

import torch
import torch.nn.functional as F
from torch import nn


class Actor(nn.ModuleDict):
    """Squashed Gaussian: ReLU layers `0`, `1`, ... and the heads `mean` and `logStd`."""

    def __init__(self, settings):
        c = self.settings = settings
        sizes = [c.observation_size, *c.hidden]
        layers = {str(k): nn.Linear(a, b) for k, (a, b) in enumerate(zip(sizes, sizes[1:]))}
        heads = {name: nn.Linear(sizes[-1], c.action_size) for name in ("mean", "logStd")}
        super().__init__(layers | heads)

    def forward(self, state, noise):
        """Actions and their log-probabilities."""
        low, high = self.settings.log_std_min, self.settings.log_std_max
        h = state
        for k in range(len(self.settings.hidden)):
            h = F.relu(self[str(k)](h))
        log_std = low + 0.5 * (high - low) * (torch.tanh(self["logStd"](h)) + 1)
        u = self["mean"](h) + torch.exp(log_std) * noise
        log_det = 2 * (math.log(2) - u - F.softplus(-2 * u))
        log_prob = (-0.5 * noise**2 - log_std - log_det).sum(1) - 0.5 * noise.shape[1] * math.log(2 * math.pi)
        return torch.tanh(u), log_prob


def critic_sizes(c):
    return [c.observation_size + c.action_size, *c.hidden, 1]


class TwoCritics(nn.ModuleDict):
    """Q1 and Q2 as networks of their own."""

    def __init__(self, settings):
        sizes = critic_sizes(settings)
        layers = lambda: nn.ModuleList([nn.Linear(a, b) for a, b in zip(sizes, sizes[1:])])
        super().__init__({"q1": layers(), "q2": layers()})

    def forward(self, state, action):
        both = torch.cat([state, action], 1)
        return self.q(self["q1"], both), self.q(self["q2"], both)

    @staticmethod
    def q(layers, h):
        for layer in layers[:-1]:
            h = F.relu(layer(h))
        return layers[-1](h)[:, 0]

    def values(self):
        return dict(self.state_dict())

    def load(self, values):
        self.load_state_dict(values)


class BatchedCritics(nn.Module):
    """Q1 and Q2 with their weights side by side, [2, inputs, outputs]."""

    def __init__(self, settings):
        super().__init__()
        sizes = critic_sizes(settings)
        self.weights = nn.ParameterList([torch.zeros(2, a, b) for a, b in zip(sizes, sizes[1:])])
        self.biases = nn.ParameterList([torch.zeros(2, 1, b) for b in sizes[1:]])
        self.load(TwoCritics(settings).values())

    def forward(self, state, action):
        h = torch.cat([state, action], 1).expand(2, -1, -1)
        for k, (weight, bias) in enumerate(zip(self.weights, self.biases)):
            h = torch.baddbmm(bias, F.relu(h) if k > 0 else h, weight)
        return h[0, :, 0], h[1, :, 0]

    def values(self):
        values = {}
        for i in (0, 1):
            for k, (weight, bias) in enumerate(zip(self.weights, self.biases)):
                values[f"q{i + 1}.{k}.weight"] = weight[i].T
                values[f"q{i + 1}.{k}.bias"] = bias[i, 0]
        return values

    @torch.no_grad()
    def load(self, values):
        for name, value in self.values().items():
            value.copy_(values[name])


class Learner:
    noise_names = ("noiseNext", "noise")

    def __init__(self, settings, variant, dtype=torch.float32):
        self.settings = c = settings
        self.lean = variant == "lean"
        self.dtype = dtype
        self.actor = Actor(c).to(dtype)
        self.critics = (BatchedCritics if self.lean else TwoCritics)(c).to(dtype)
        self.target = copy.deepcopy(self.critics)
        self.log_alpha = torch.tensor([c.initial_log_alpha], dtype=dtype, requires_grad=True)
        adam = lambda parameters, rate: torch.optim.Adam(parameters, lr=rate, fused=self.lean or None)
        self.actor_parameters = list(self.actor.parameters())
        self.actor_adam = adam(self.actor_parameters, c.policy_learning_rate)
        self.critic_parameters = list(self.critics.parameters())
        self.critic_adam = adam(self.critic_parameters, c.q_learning_rate)
        self.alpha_adam = adam([self.log_alpha], c.alpha_learning_rate)
        self.averages = list(self.target.parameters())

    def load(self, params, target):
        """Parameters by name, and those of the critics' targets."""
        self.actor.load_state_dict({n.removeprefix("actor."): v for n, v in params.items() if n.startswith("actor.")})
        self.critics.load({n: v for n, v in params.items() if n.startswith("q")})
        self.target.load(target)
        with torch.no_grad():
            self.log_alpha.copy_(params["logAlpha"])

    def values(self):
        """The parameters by name, and those of the critics' targets."""
        actor = {f"actor.{name}": value for name, value in self.actor.state_dict().items()}
        return actor | self.critics.values() | {"logAlpha": self.log_alpha}, self.target.values()

    @torch.no_grad()
    def act(self, observation):
        state = torch.as_tensor(observation, dtype=self.dtype)
        action, _ = self.actor(state, torch.randn(len(state), self.settings.action_size, dtype=self.dtype))
        return action.numpy()

    @torch.no_grad()
    def mode(self, observation):
        """The deterministic action: tanh of the mean."""
        state = torch.as_tensor(observation, dtype=self.dtype)
        return self.actor(state, torch.zeros(len(state), self.settings.action_size, dtype=self.dtype))[0].numpy()

    def update(self, observation, action, reward, next_observation, terminated, noise=None):
        c = self.settings
        next_noise, actor_noise = noise or [torch.randn(len(action), c.action_size, dtype=self.dtype) for _ in range(2)]
        alpha = self.log_alpha.detach().exp()

        with torch.no_grad():
            next_action, next_log_prob = self.actor(next_observation, next_noise)
            next_value = torch.min(*self.target(next_observation, next_action)) - alpha * next_log_prob
            y = reward + c.gamma * (1 - terminated) * next_value
        q1, q2 = self.critics(observation, action)
        critic_loss = F.mse_loss(q1, y) + F.mse_loss(q2, y)
        self.critic_adam.zero_grad()
        critic_loss.backward()
        self.critic_adam.step()

        new_action, log_prob = self.actor(observation, actor_noise)
        actor_loss = (alpha * log_prob - torch.min(*self.critics(observation, new_action))).mean()
        self.actor_adam.zero_grad()
        actor_loss.backward(inputs=self.actor_parameters if self.lean else None)
        self.actor_adam.step()

        entropy = -log_prob.detach().mean()
        alpha_loss = (self.log_alpha.exp() * (entropy - c.target_entropy)).sum()
        self.alpha_adam.zero_grad()
        alpha_loss.backward()
        self.alpha_adam.step()

        with torch.no_grad():
            if self.lean:
                torch._foreach_lerp_(self.averages, self.critic_parameters, c.tau)
            else:
                for mean, parameter in zip(self.averages, self.critic_parameters):
                    mean.copy_(c.tau * parameter + (1 - c.tau) * mean)
        alpha = self.log_alpha.detach().exp()[0]
        return {
            "criticLoss": critic_loss.detach(),
            "actorLoss": actor_loss.detach(),
            "alphaLoss": alpha_loss.detach(),
            "alpha": alpha,
            "entropy": entropy,
        }
