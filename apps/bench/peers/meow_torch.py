"""MEow's update in PyTorch, eagerly, as it is commonly written.

Two variants of one network:

- `authors` does the work that the published implementation does: the batch is doubled for the two Q and for the two V
  alike, V goes through the whole flow at a zero action although only the prior and the shifts matter, couplings are
  affine with a scale of zero, and the target is averaged parameter by parameter.
- `lean` leaves out what the result does not depend on: V comes from the state networks, couplings are additive, Adam and
  the averaging work on lists of parameters at once.
"""

import copy
import math

import torch
import torch.nn.functional as F
from torch import nn

from meow_settings import CLIP, EPSILON

# The latent of a clipped action.
FARTHEST = math.atanh(1 - CLIP)


class Hidden(nn.Linear):
    """Linear, layer normalization if asked for, Swish with a beta per unit, dropout."""

    def __init__(self, inputs, units, layer_norm, dropout):
        super().__init__(inputs, units)
        self.beta = nn.Parameter(torch.ones(units))
        self.norm = nn.LayerNorm(units) if layer_norm else nn.Identity()
        self.dropout = nn.Dropout(dropout) if dropout > 0 else nn.Identity()

    def forward(self, x):
        h = self.norm(super().forward(x))
        return self.dropout(h * torch.sigmoid(self.beta * h))


def mlp(inputs, hidden, output, layer_norm=False, dropout=0.0, orthogonal=False):
    sizes = [inputs, *hidden]
    layers = [Hidden(a, b, layer_norm, dropout) for a, b in zip(sizes, sizes[1:])]
    network = nn.Sequential(*layers, nn.Linear(sizes[-1], output))
    for layer in network:
        if orthogonal:
            nn.init.orthogonal_(layer.weight)
        else:
            nn.init.zeros_(layer.weight)
    return network


class Meow(nn.Module):
    def __init__(self, settings, lean):
        super().__init__()
        c = self.settings = settings
        self.lean = lean
        for i in range(c.couplings):
            network = mlp(
                c.action_size + c.observation_size,
                c.hidden,
                c.action_size,
                layer_norm=True,
                dropout=c.dropout,
                orthogonal=True,
            )
            self.add_module(f"coupling{i}", network)
            self.register_buffer(f"mask{i}", torch.tensor(c.mask(i)), persistent=False)
        self.prior = mlp(c.observation_size, c.hidden, c.action_size)
        self.shift1 = mlp(c.observation_size, c.shift_hidden, 1)
        self.shift2 = mlp(c.observation_size, c.shift_hidden, 1)

    def log_sigma(self, state):
        low, high = self.settings.log_sigma_min, self.settings.log_sigma_max
        return low + 0.5 * (high - low) * (torch.tanh(self.prior(state)) + 1)

    def move(self, i, x, state):
        """What coupling i adds, the scale that multiplies, and what it leaves alone."""
        kept = getattr(self, f"mask{i}") * x
        shift = getattr(self, f"coupling{i}")(torch.cat([kept, state], dim=1))
        return kept, shift

    def inverse(self, action, state):
        """The prior's points, and log|det| of the squash and of the couplings."""
        a = action.clamp(-1 + CLIP, 1 - CLIP)
        z, log_det = self.uncouple(torch.atanh(a), state)
        return z, log_det - torch.log(1 - a * a + EPSILON).sum(dim=1)

    def uncouple(self, z, state):
        """The prior's points of latents, and log|det| of the couplings."""
        log_det = torch.zeros_like(z[:, 0])
        for i in reversed(range(self.settings.couplings)):
            moved = 1 - getattr(self, f"mask{i}")
            kept, shift = self.move(i, z, state)
            if self.lean:
                z = z - moved * shift
            else:
                scale = torch.zeros_like(kept)
                z = kept + moved * (z - shift) * torch.exp(-scale)
                log_det = log_det - (moved * scale).sum(dim=1)
        return z, log_det

    def shifts(self, state):
        return torch.cat([self.shift1(state)[:, 0], self.shift2(state)[:, 0]])

    def soft_q(self, state, action):
        """Q1 of the batch, then Q2 of it: each row with a dropout mask of its own."""
        states = torch.cat([state, state])
        z, log_det = self.inverse(torch.cat([action, action]), states)
        energy = -0.5 * ((z * torch.exp(-self.log_sigma(states))) ** 2).sum(dim=1) + log_det
        return self.settings.alpha * (energy + self.shifts(state))

    def soft_v(self, state):
        c = self.settings
        normalizer = 0.5 * c.action_size * math.log(2 * math.pi)
        if self.lean:
            log_sigma = self.log_sigma(state).sum(dim=1)
            return c.alpha * (torch.cat([log_sigma, log_sigma]) + normalizer + self.shifts(state))
        states = torch.cat([state, state])
        z, _ = self.inverse(torch.zeros(len(states), c.action_size, dtype=state.dtype), states)
        log_sigma = self.log_sigma(states)
        _energy = -0.5 * ((z * torch.exp(-log_sigma)) ** 2).sum(dim=1)
        return c.alpha * (log_sigma.sum(dim=1) + normalizer + self.shifts(state))

    def couple(self, z, state):
        """Latents, before the squash, of the prior's points."""
        for i in range(self.settings.couplings):
            moved = 1 - getattr(self, f"mask{i}")
            kept, shift = self.move(i, z, state)
            z = z + moved * shift if self.lean else kept + moved * (z * torch.exp(torch.zeros_like(kept)) + shift)
        return z

    def act(self, state, noise):
        return torch.tanh(self.couple(noise * torch.exp(self.log_sigma(state)), state))

    def mode(self, state):
        """The deterministic action g^-1(mu|s)."""
        return torch.tanh(self.couple(torch.zeros_like(self.log_sigma(state)), state))

    def sample(self, state, noise):
        """Latents, before the squash, and the log-probabilities of their actions, which are those of the clipped actions."""
        log_sigma = self.log_sigma(state)
        latent = self.couple(noise * torch.exp(log_sigma), state)
        inside = latent.clamp(-FARTHEST, FARTHEST)
        z, log_det = self.uncouple(inside, state)
        # 1 - tanh(z)^2 without the cancellation that float32 has near 1.
        e = torch.exp(-2 * inside.abs())
        log_det = log_det - torch.log(4 * e / (1 + e) ** 2 + EPSILON).sum(dim=1)
        energy = -0.5 * ((z * torch.exp(-log_sigma)) ** 2).sum(dim=1) + log_det
        normalizer = log_sigma.sum(dim=1) + 0.5 * self.settings.action_size * math.log(2 * math.pi)
        return latent, energy - normalizer

    def policy_metrics(self, state, noise):
        """The entropy, with the prior's quadratic term replaced by its mean, and the share of samples beyond the margin."""
        latent, log_prob = self.sample(state, noise)
        quadratic = 0.5 * (noise**2).sum(dim=1)
        return {
            "entropy": 0.5 * self.settings.action_size - (log_prob + quadratic).mean(),
            "beyondMargin": (latent.abs() > FARTHEST).any(dim=1).to(noise.dtype).mean(),
        }


class Learner:
    noise_names = ()

    def __init__(self, settings, variant, dtype=torch.float32):
        self.settings = settings
        self.lean = variant == "lean"
        self.online = Meow(settings, self.lean).to(dtype)
        self.target = copy.deepcopy(self.online).eval()
        self.parameters = list(self.online.parameters())
        self.averages = list(self.target.parameters())
        self.adam = torch.optim.Adam(self.parameters, lr=settings.learning_rate, foreach=self.lean or None)

    def load(self, params, target):
        """Parameters by name, for the online network and the target."""
        self.online.load_state_dict(params)
        self.target.load_state_dict(target)

    def values(self):
        """The parameters by name, and the target's."""
        return self.online.state_dict(), self.target.state_dict()

    @torch.no_grad()
    def act(self, observation):
        self.online.eval()
        state = torch.as_tensor(observation, dtype=torch.float32)
        noise = torch.randn(len(state), self.settings.action_size)
        return self.online.act(state, noise).numpy()

    @torch.no_grad()
    def mode(self, observation):
        self.online.eval()
        return self.online.mode(torch.as_tensor(observation, dtype=torch.float32)).numpy()

    @torch.no_grad()
    def diagnose(self, observation):
        """What an update doesn't compute: of the online network, without dropout, one sample per state."""
        self.online.eval()
        first, second = self.online.soft_v(observation).chunk(2)
        noise = torch.randn(len(observation), self.settings.action_size)
        return {
            **self.online.policy_metrics(observation, noise),
            "meanValue": torch.min(first, second).mean(),
            "meanLogSigma": self.online.log_sigma(observation).mean(),
        }

    def state(self):
        """All that training has changed, for `torch.save`."""
        return {"online": self.online.state_dict(), "target": self.target.state_dict(), "adam": self.adam.state_dict()}

    def update(self, observation, action, reward, next_observation, terminated):
        c = self.settings
        with torch.no_grad():
            first, second = self.target.soft_v(next_observation).chunk(2)
            y = reward + c.gamma * (1 - terminated) * torch.min(first, second)
        self.online.train()
        q = self.online.soft_q(observation, action)
        loss = F.mse_loss(q, torch.cat([y, y]))
        self.adam.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.parameters, c.grad_clip)
        self.adam.step()
        with torch.no_grad():
            if self.lean:
                torch._foreach_lerp_(self.averages, self.parameters, c.tau)
            else:
                for mean, parameter in zip(self.averages, self.parameters):
                    mean.copy_(c.tau * parameter + (1 - c.tau) * mean)
        return {"loss": loss.detach(), "gradNorm": norm, "meanQ": q.detach().mean(), "meanTarget": y.mean()}
