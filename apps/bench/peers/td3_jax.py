"""TD3's update in JAX: two jitted functions with donated buffers, of which the second takes part in every second update, written for speed.

Noise is drawn by XLA's own generator. Both Q are networks of their own: XLA's batched products are slower on a CPU.
"""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np

from sac_jax import adam_step, linear, starting_with


def network(c, params, name, x):
    """ReLU layers, the last one without."""
    for k in range(len(c.hidden)):
        x = jax.nn.relu(linear(params, f"{name}.{k}", x))
    return linear(params, f"{name}.{len(c.hidden)}", x)


def policy(c, params, state):
    return jnp.tanh(network(c, params, "actor", state))


def q_value(c, params, name, state, action):
    return network(c, params, name, jnp.concatenate([state, action], axis=1))[:, 0]


@functools.partial(jax.jit, static_argnums=0, donate_argnums=(1, 2))
def train_critics(c, critics, key, targets, batch, noise):
    """Critics and key after one update, and the loss. Without `noise` it is drawn."""
    observation, action, reward, next_observation, terminated = batch
    key, noise_key = jax.random.split(key)
    (noise,) = [jax.random.normal(noise_key, action.shape, action.dtype)] if noise is None else noise
    smoothing = jnp.clip(c.target_noise * noise, -c.target_noise_clip, c.target_noise_clip)
    next_action = jnp.clip(policy(c, targets["actor"], next_observation) + smoothing, -1, 1)
    next_value = jnp.minimum(*(q_value(c, targets["critics"], q, next_observation, next_action) for q in ("q1", "q2")))
    y = reward + c.gamma * (1 - terminated) * next_value

    def loss_of(params):
        return sum(jnp.square(q_value(c, params, q, observation, action) - y).mean() for q in ("q1", "q2"))

    loss, gradients = jax.value_and_grad(loss_of)(critics["params"])
    count = critics["count"] + 1
    return adam_step(c.learning_rate, critics, gradients, count) | {"count": count}, key, loss


@functools.partial(jax.jit, static_argnums=0, donate_argnums=(1, 2))
def train_actor(c, actor, targets, critic_params, observation):
    """Actor and targets after one update, and the loss."""

    def loss_of(params):
        return -q_value(c, critic_params, "q1", observation, policy(c, params, observation)).mean()

    loss, gradients = jax.value_and_grad(loss_of)(actor["params"])
    count = actor["count"] + 1
    actor = adam_step(c.learning_rate, actor, gradients, count) | {"count": count}
    trained = {"actor": actor["params"], "critics": critic_params}
    return actor, jax.tree.map(lambda t, p: (1 - c.tau) * t + c.tau * p, targets, trained), loss


@functools.partial(jax.jit, static_argnums=0)
def act(c, params, observation, key):
    key, noise_key = jax.random.split(key)
    noise = c.exploration_noise * jax.random.normal(noise_key, (len(observation), c.action_size))
    return jnp.clip(policy(c, params, observation) + noise, -1, 1), key


def initial_params(c):
    """PyTorch's initialization of linear layers."""
    random = np.random.default_rng(0)
    params = {}
    for name, inputs, output in (
        ("actor", c.observation_size, c.action_size),
        ("q1", c.observation_size + c.action_size, 1),
        ("q2", c.observation_size + c.action_size, 1),
    ):
        sizes = [inputs, *c.hidden, output]
        for k, (width, units) in enumerate(zip(sizes, sizes[1:])):
            bound = 1 / math.sqrt(width)
            for part, shape in (("weight", (units, width)), ("bias", (units,))):
                params[f"{name}.{k}.{part}"] = random.uniform(-bound, bound, shape).astype(np.float32)
    return params


class Learner:
    noise_names = ("noise",)

    def __init__(self, settings, variant="lean"):
        self.settings = settings
        params = initial_params(settings)
        self.load(params, params)
        self.noise_key = jax.random.key(2, impl="unsafe_rbg")

    def load(self, params, target):
        """Parameters by name, and those of the targets."""
        zeros = functools.partial(jax.tree.map, jnp.zeros_like)

        def group(prefix):
            trained = starting_with(prefix, params)
            return {"params": trained, "first": zeros(trained), "second": zeros(trained), "count": jnp.zeros(())}

        self.state = {
            "actor": group("actor."),
            "critics": group("q"),
            "targets": {"actor": starting_with("actor.", target), "critics": starting_with("q", target)},
            "key": jax.random.key(1, impl="unsafe_rbg"),
        }
        self.updates = 0

    def values(self):
        """The parameters by name, and those of the targets."""
        state = self.state
        params = state["actor"]["params"] | state["critics"]["params"]
        return params, state["targets"]["actor"] | state["targets"]["critics"]

    def update(self, *batch, noise=None):
        c, state = self.settings, self.state
        critics, key, critic_loss = train_critics(c, state["critics"], state["key"], state["targets"], batch, noise)
        self.state = state | {"critics": critics, "key": key}
        self.updates += 1
        if self.updates % c.policy_delay > 0:
            return {"criticLoss": critic_loss}
        actor, targets, actor_loss = train_actor(c, state["actor"], state["targets"], critics["params"], batch[0])
        self.state |= {"actor": actor, "targets": targets}
        return {"criticLoss": critic_loss, "actorLoss": actor_loss}

    def act(self, observation):
        action, self.noise_key = act(self.settings, self.state["actor"]["params"], observation, self.noise_key)
        return np.asarray(action)
