"""TD3's update in PyTorch, eagerly: clipped double Q-learning, a smoothed target policy, a delayed policy.

Two variants of one update:

- `cleanrl` is written as in CleanRL: two networks for the two Q, the default Adam, gradients of the actor's loss in the first critic as well,
  the targets averaged parameter by parameter.
- `lean` leaves out what the result does not depend on: both Q are one batched product for each layer, but where the policy asks the first alone;
  Adam is the fused one, the actor's loss is differentiated by the actor alone, and averaging works on lists of parameters at once.
"""

import copy

import torch
import torch.nn.functional as F
from torch import nn

from sac_torch import BatchedCritics, TwoCritics


class Actor(nn.ModuleDict):
    """tanh of ReLU layers `0`, `1`, ..., the last of which has no ReLU."""

    def __init__(self, settings):
        sizes = [settings.observation_size, *settings.hidden, settings.action_size]
        super().__init__({str(k): nn.Linear(a, b) for k, (a, b) in enumerate(zip(sizes, sizes[1:]))})

    def forward(self, state):
        *hidden, last = self.values()
        h = state
        for layer in hidden:
            h = F.relu(layer(h))
        return torch.tanh(last(h))


def first_value(critics, state, action):
    """Q1 alone."""
    both = torch.cat([state, action], 1)
    if isinstance(critics, TwoCritics):
        return critics.q(critics["q1"], both)
    h = both
    for k, (weight, bias) in enumerate(zip(critics.weights, critics.biases)):
        h = torch.addmm(bias[0], F.relu(h) if k > 0 else h, weight[0])
    return h[:, 0]


class Learner:
    noise_names = ("noise",)

    def __init__(self, settings, variant, dtype=torch.float32):
        self.settings = c = settings
        self.lean = variant == "lean"
        self.dtype = dtype
        self.actor = Actor(c).to(dtype)
        self.critics = (BatchedCritics if self.lean else TwoCritics)(c).to(dtype)
        self.target_actor, self.target_critics = copy.deepcopy(self.actor), copy.deepcopy(self.critics)
        adam = lambda parameters: torch.optim.Adam(parameters, lr=c.learning_rate, fused=self.lean or None)
        self.actor_parameters = list(self.actor.parameters())
        self.actor_adam = adam(self.actor_parameters)
        critic_parameters = list(self.critics.parameters())
        self.critic_adam = adam(critic_parameters)
        self.trained = self.actor_parameters + critic_parameters
        self.averages = [*self.target_actor.parameters(), *self.target_critics.parameters()]
        self.updates = 0

    def load(self, params, target):
        """Parameters by name, and those of the targets."""
        for values, actor, critics in ((params, self.actor, self.critics), (target, self.target_actor, self.target_critics)):
            actor.load_state_dict({n.removeprefix("actor."): v for n, v in values.items() if n.startswith("actor.")})
            critics.load({n: v for n, v in values.items() if n.startswith("q")})

    def values(self):
        """The parameters by name, and those of the targets."""
        named = lambda actor, critics: {f"actor.{name}": value for name, value in actor.state_dict().items()} | critics.values()
        return named(self.actor, self.critics), named(self.target_actor, self.target_critics)

    @torch.no_grad()
    def act(self, observation):
        state = torch.as_tensor(observation, dtype=self.dtype)
        noise = torch.randn(len(state), self.settings.action_size, dtype=self.dtype)
        return (self.actor(state) + self.settings.exploration_noise * noise).clamp(-1, 1).numpy()

    @torch.no_grad()
    def mode(self, observation):
        """The action without noise."""
        return self.actor(torch.as_tensor(observation, dtype=self.dtype)).numpy()

    def update(self, observation, action, reward, next_observation, terminated, noise=None):
        c = self.settings
        (noise,) = noise or [torch.randn_like(action)]

        with torch.no_grad():
            smoothing = (noise * c.target_noise).clamp(-c.target_noise_clip, c.target_noise_clip)
            next_action = (self.target_actor(next_observation) + smoothing).clamp(-1, 1)
            y = reward + c.gamma * (1 - terminated) * torch.min(*self.target_critics(next_observation, next_action))
        q1, q2 = self.critics(observation, action)
        critic_loss = F.mse_loss(q1, y) + F.mse_loss(q2, y)
        self.critic_adam.zero_grad()
        critic_loss.backward()
        self.critic_adam.step()
        metrics = {"criticLoss": critic_loss.detach()}

        self.updates += 1
        if self.updates % c.policy_delay == 0:
            actor_loss = -first_value(self.critics, observation, self.actor(observation)).mean()
            self.actor_adam.zero_grad()
            actor_loss.backward(inputs=self.actor_parameters if self.lean else None)
            self.actor_adam.step()
            metrics["actorLoss"] = actor_loss.detach()
            with torch.no_grad():
                if self.lean:
                    torch._foreach_lerp_(self.averages, self.trained, c.tau)
                else:
                    for mean, parameter in zip(self.averages, self.trained):
                        mean.copy_(c.tau * parameter + (1 - c.tau) * mean)
        return metrics
