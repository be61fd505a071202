"""Soft Q-learning's update in JAX: one jitted function with donated buffers, written for speed.

All noise of an update is drawn by XLA's own generator. The states' part of the first layer is computed once for each state.
"""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np

from sac_jax import adam_step, starting_with

SQUASH_EPSILON = 1e-6
LEAST_BANDWIDTH = 1e-3


def product(x, weight):
    """x W' with W stored [out, in]."""
    return jax.lax.dot_general(x, weight, (((x.ndim - 1,), (1,)), ((), ())))


def network(c, params, name, state, other):
    """ReLU layers: state [N, S], other [N, K, D] to [N, K, output]."""
    weight = params[f"{name}.0.weight"]
    of_state = product(state, weight[:, : c.observation_size]) + params[f"{name}.0.bias"]
    h = product(other, weight[:, c.observation_size :]) + of_state[:, None]
    for k in range(1, len(c.hidden) + 1):
        h = product(jax.nn.relu(h), params[f"{name}.{k}.weight"]) + params[f"{name}.{k}.bias"]
    return h


def directions_of(c, critic, state, fixed, updated):
    """Where the updated particles [N, U, A] should move."""

    def log_density(actions):
        squash = jnp.log(1 - jnp.square(actions) + SQUASH_EPSILON)
        return network(c, critic, "q1", state, actions).sum() / c.alpha + squash.sum()

    score = jax.grad(log_density)(fixed)
    difference = fixed[:, :, None] - updated[:, None]
    square = jnp.square(difference).sum(axis=3)
    pairs = c.fixed_particles * c.updated_particles
    median = jnp.sort(square.reshape(-1, pairs), axis=1)[:, (pairs - 1) // 2]
    width = jnp.maximum(median / math.log(c.fixed_particles), LEAST_BANDWIDTH)[:, None, None]
    kernel = jnp.exp(-square / width)[..., None]
    return (kernel * (score[:, :, None] - 2 * difference / width[..., None])).mean(axis=1)


@functools.partial(jax.jit, static_argnums=0, donate_argnums=1)
def update(c, learner, batch, noise):
    """One update: the learner's next state and its metrics. Without `noise` it is drawn."""
    observation, action, reward, next_observation, terminated = batch
    key, uniform_key, noise_key = jax.random.split(learner["key"], 3)
    if noise is None:
        particles = c.fixed_particles + c.updated_particles
        uniform = jax.random.uniform(uniform_key, (len(action), c.value_particles, c.action_size), action.dtype, -1, 1)
        particle_noise = jax.random.normal(noise_key, (len(action), particles, c.action_size), action.dtype)
    else:
        uniform, particle_noise = noise
    count = learner["count"] + 1
    critic, sampler = learner["critic"], learner["sampler"]

    next_q = network(c, learner["target"], "q1", next_observation, uniform)[..., 0] / c.alpha
    log_weight = c.action_size * math.log(2) - math.log(c.value_particles)
    y = reward + c.gamma * (1 - terminated) * c.alpha * (jax.nn.logsumexp(next_q, axis=1) + log_weight)

    def critic_loss_of(params):
        q = network(c, params, "q1", observation, action[:, None])[:, 0, 0]
        return 0.5 * jnp.square(q - y).mean()

    critic_loss, gradients = jax.value_and_grad(critic_loss_of)(critic["params"])
    critic = adam_step(c.learning_rate, critic, gradients, count)

    act = lambda params, noise: jnp.tanh(network(c, params, "sampler", observation, noise))
    fixed = act(sampler["params"], particle_noise[:, : c.fixed_particles])

    def sampler_loss_of(params):
        updated = act(params, particle_noise[:, c.fixed_particles :])
        directions = directions_of(c, critic["params"], observation, fixed, jax.lax.stop_gradient(updated))
        return -(jax.lax.stop_gradient(directions) * updated).sum()

    sampler_loss, gradients = jax.value_and_grad(sampler_loss_of)(sampler["params"])
    sampler = adam_step(c.learning_rate, sampler, gradients, count)

    target = jax.tree.map(lambda t, p: (1 - c.tau) * t + c.tau * p, learner["target"], critic["params"])
    state = {"critic": critic, "sampler": sampler, "target": target, "count": count, "key": key}
    return state, {"criticLoss": critic_loss, "samplerLoss": sampler_loss}


@functools.partial(jax.jit, static_argnums=0)
def act(c, params, observation, key):
    key, noise_key = jax.random.split(key)
    noise = jax.random.normal(noise_key, (len(observation), 1, c.action_size))
    return jnp.tanh(network(c, params, "sampler", observation, noise))[:, 0], key


def initial_params(c):
    """PyTorch's initialization of linear layers."""
    random = np.random.default_rng(0)
    params = {}
    for name, output in (("q1", 1), ("sampler", c.action_size)):
        sizes = [c.observation_size + c.action_size, *c.hidden, output]
        for k, (inputs, units) in enumerate(zip(sizes, sizes[1:])):
            bound = 1 / math.sqrt(inputs)
            for part, shape in (("weight", (units, inputs)), ("bias", (units,))):
                params[f"{name}.{k}.{part}"] = random.uniform(-bound, bound, shape).astype(np.float32)
    return params


class Learner:
    noise_names = ("particles", "noise")

    def __init__(self, settings, variant="lean"):
        self.settings = settings
        params = initial_params(settings)
        self.load(params, params)
        self.noise_key = jax.random.key(2, impl="unsafe_rbg")

    def load(self, params, target):
        """Parameters by name, and those of the critic's target."""
        zeros = functools.partial(jax.tree.map, jnp.zeros_like)
        group = lambda params: {"params": params, "first": zeros(params), "second": zeros(params)}
        self.state = {
            "critic": group(starting_with("q1.", params)),
            "sampler": group(starting_with("sampler.", params)),
            "target": starting_with("q1.", target),
            "count": jnp.zeros((), jnp.asarray(params["q1.0.bias"]).dtype),
            "key": jax.random.key(1, impl="unsafe_rbg"),
        }

    def values(self):
        """The parameters by name, and those of the critic's target."""
        return self.state["critic"]["params"] | self.state["sampler"]["params"], self.state["target"]

    def update(self, *batch, noise=None):
        self.state, metrics = update(self.settings, self.state, batch, noise)
        return metrics

    def act(self, observation):
        action, self.noise_key = act(self.settings, self.state["sampler"]["params"], observation, self.noise_key)
        return np.asarray(action)
