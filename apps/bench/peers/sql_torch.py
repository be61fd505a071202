"""Soft Q-learning's update in PyTorch, eagerly: one critic, an amortized Stein variational sampler.

Two variants of one update:

- `authors` is written as the authors' TensorFlow code: one pass of the sampler makes all particles and is differentiated whole, all pairs of
  particles are one broadcast tensor, the default Adam, the target averaged parameter by parameter.
- `lean` leaves out what the result does not depend on: the fixed particles are made without a graph, kernels are summed by batched products,
  Adam is the fused one, and averaging works on lists of parameters at once.

Where the authors draw one set of uniform actions for the whole batch, every state has its own here.
"""

import copy
import math

import torch
import torch.nn.functional as F
from torch import nn

SQUASH_EPSILON = 1e-6
LEAST_BANDWIDTH = 1e-3


class Mlp(nn.ModuleList):
    """ReLU layers of a state and something else for each of its particles. The first layer's products with both are broadcast and added."""

    def __init__(self, state_size, other_size, hidden, output):
        sizes = [state_size + other_size, *hidden, output]
        super().__init__([nn.Linear(a, b) for a, b in zip(sizes, sizes[1:])])
        self.state_size = state_size

    def forward(self, state, other):
        """state [N, S], other [N, K, D] to [N, K, output]."""
        first, *others = self
        of_state = F.linear(state, first.weight[:, : self.state_size], first.bias)
        h = F.linear(other, first.weight[:, self.state_size :]) + of_state[:, None]
        for layer in others:
            h = layer(F.relu(h))
        return h


class Learner:
    noise_names = ("particles", "noise")

    def __init__(self, settings, variant, dtype=torch.float32):
        self.settings = c = settings
        self.lean = variant == "lean"
        self.dtype = dtype
        network = lambda output: Mlp(c.observation_size, c.action_size, c.hidden, output).to(dtype)
        self.critic = network(1)
        self.target = copy.deepcopy(self.critic)
        self.sampler = network(c.action_size)
        adam = lambda module: torch.optim.Adam(module.parameters(), lr=c.learning_rate, fused=self.lean or None)
        self.critic_adam = adam(self.critic)
        self.sampler_adam = adam(self.sampler)
        self.critic_parameters = list(self.critic.parameters())
        self.averages = list(self.target.parameters())

    def load(self, params, target):
        """Parameters by name, and those of the critic's target."""
        part = lambda values, name: {n.removeprefix(name): v for n, v in values.items() if n.startswith(name)}
        self.critic.load_state_dict(part(params, "q1."))
        self.sampler.load_state_dict(part(params, "sampler."))
        self.target.load_state_dict(part(target, "q1."))

    def values(self):
        """The parameters by name, and those of the critic's target."""
        named = lambda name, module: {f"{name}.{n}": v for n, v in module.state_dict().items()}
        return named("q1", self.critic) | named("sampler", self.sampler), named("q1", self.target)

    def actions(self, state, noise):
        return torch.tanh(self.sampler(state, noise))

    @torch.no_grad()
    def act(self, observation):
        state = torch.as_tensor(observation, dtype=self.dtype)
        noise = torch.randn(len(state), 1, self.settings.action_size, dtype=self.dtype)
        return self.actions(state, noise)[:, 0].numpy()

    def directions(self, state, fixed, updated):
        """Where the updated particles [N, U, A] should move, without a graph."""
        c = self.settings
        fixed, updated = fixed.detach().requires_grad_(), updated.detach()
        log_density = self.critic(state, fixed)[..., 0] / c.alpha + torch.log(1 - fixed**2 + SQUASH_EPSILON).sum(2)
        (score,) = torch.autograd.grad(log_density.sum(), fixed)
        with torch.no_grad():
            if self.lean:
                # |x - y|^2 = |x|^2 - 2 x y + |y|^2 would lose digits of near particles.
                square = torch.cdist(fixed, updated, compute_mode="donot_use_mm_for_euclid_dist").square()
            else:
                difference = fixed[:, :, None] - updated[:, None]
                square = (difference**2).sum(3)
            pairs = square.flatten(1)
            if self.lean:
                median = pairs.kthvalue((pairs.shape[1] + 1) // 2).values
            else:
                median = pairs.topk(pairs.shape[1] // 2 + 1).values[:, -1]
            width = (median / math.log(c.fixed_particles)).clamp(min=LEAST_BANDWIDTH)[:, None, None]
            kernel = torch.exp(-square / width)
            if not self.lean:
                slope = -2 * difference / width[..., None] * kernel[..., None]
                return (kernel[..., None] * score[:, :, None] + slope).mean(1)
            # The sum over j of kernel (score_j - 2 (x_j - x_i) / h), without the differences.
            attraction = torch.bmm(kernel.transpose(1, 2), score - 2 * fixed / width)
            return (attraction + 2 * updated / width * kernel.sum(1)[..., None]) / c.fixed_particles

    def update(self, observation, action, reward, next_observation, terminated, noise=None):
        c = self.settings
        if noise is None:
            uniform = torch.rand(len(action), c.value_particles, c.action_size, dtype=self.dtype) * 2 - 1
            particles = c.fixed_particles + c.updated_particles
            noise = uniform, torch.randn(len(action), particles, c.action_size, dtype=self.dtype)
        uniform, particle_noise = noise

        with torch.no_grad():
            next_q = self.target(next_observation, uniform)[..., 0] / c.alpha
            log_volume = c.action_size * math.log(2)
            next_value = c.alpha * (torch.logsumexp(next_q, 1) - math.log(c.value_particles) + log_volume)
            y = reward + c.gamma * (1 - terminated) * next_value
        q = self.critic(observation, action[:, None])[:, 0, 0]
        critic_loss = 0.5 * F.mse_loss(q, y)
        self.critic_adam.zero_grad()
        critic_loss.backward()
        self.critic_adam.step()

        if self.lean:
            with torch.no_grad():
                fixed = self.actions(observation, particle_noise[:, : c.fixed_particles])
            updated = self.actions(observation, particle_noise[:, c.fixed_particles :])
        else:
            both = self.actions(observation, particle_noise)
            fixed, updated = both.split([c.fixed_particles, c.updated_particles], 1)
        sampler_loss = -(self.directions(observation, fixed, updated) * updated).sum()
        self.sampler_adam.zero_grad()
        sampler_loss.backward()
        self.sampler_adam.step()

        with torch.no_grad():
            if self.lean:
                torch._foreach_lerp_(self.averages, self.critic_parameters, c.tau)
            else:
                for mean, parameter in zip(self.averages, self.critic_parameters):
                    mean.copy_(c.tau * parameter + (1 - c.tau) * mean)
        return {"criticLoss": critic_loss.detach(), "samplerLoss": sampler_loss.detach()}
