"""SAC's update in JAX: one jitted function with donated buffers, written for speed.

All noise of an update is drawn by XLA's own generator. Both Q are networks of their own: XLA's batched products are slower on a CPU.
"""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np


def linear(params, name, x):
    """x W' + b with W stored [out, in]."""
    return jax.lax.dot_general(x, params[f"{name}.weight"], (((1,), (1,)), ((), ()))) + params[f"{name}.bias"]


def policy(c, params, state, noise):
    """Actions and their log-probabilities."""
    h = state
    for k in range(len(c.hidden)):
        h = jax.nn.relu(linear(params, f"actor.{k}", h))
    log_std = c.log_std_min + 0.5 * (c.log_std_max - c.log_std_min) * (jnp.tanh(linear(params, "actor.logStd", h)) + 1)
    u = linear(params, "actor.mean", h) + jnp.exp(log_std) * noise
    log_det = 2 * (math.log(2) - u - jax.nn.softplus(-2 * u))
    log_prob = -0.5 * jnp.square(noise) - log_std - 0.5 * math.log(2 * math.pi) - log_det
    return jnp.tanh(u), log_prob.sum(axis=1)


def soft_q(c, params, state, action):
    """Q1 and Q2."""
    both = jnp.concatenate([state, action], axis=1)
    values = []
    for name in ("q1", "q2"):
        h = both
        for k in range(len(c.hidden)):
            h = jax.nn.relu(linear(params, f"{name}.{k}", h))
        values.append(linear(params, f"{name}.{len(c.hidden)}", h)[:, 0])
    return values


def adam_step(learning_rate, group, gradients, count):
    """A group, {params, first, second}, after one step of Adam."""
    # eps lies inside the corrected root, as in the definition: divide it by what the root lacks.
    root = jnp.sqrt(1 - 0.999**count)
    step, epsilon = learning_rate * root / (1 - 0.9**count), 1e-8 * root
    tree = jax.tree.map
    first = tree(lambda m, g: 0.9 * m + 0.1 * g, group["first"], gradients)
    second = tree(lambda v, g: 0.999 * v + 0.001 * g * g, group["second"], gradients)
    params = tree(lambda p, m, v: p - step * m / (jnp.sqrt(v) + epsilon), group["params"], first, second)
    return {"params": params, "first": first, "second": second}


@functools.partial(jax.jit, static_argnums=0, donate_argnums=1)
def update(c, learner, batch, noise):
    """One update: the learner's next state and its metrics. Without `noise` it is drawn."""
    observation, action, reward, next_observation, terminated = batch
    key, noise_key = jax.random.split(learner["key"])
    next_noise, actor_noise = jax.random.normal(noise_key, (2, *action.shape), action.dtype) if noise is None else noise
    count = learner["count"] + 1
    actor, critics, temperature = learner["actor"], learner["critics"], learner["temperature"]
    alpha = jnp.exp(temperature["params"])

    next_action, next_log_prob = policy(c, actor["params"], next_observation, next_noise)
    next_value = jnp.minimum(*soft_q(c, learner["target"], next_observation, next_action)) - alpha * next_log_prob
    y = reward + c.gamma * (1 - terminated) * next_value

    def critic_loss_of(params):
        return sum(jnp.square(q - y).mean() for q in soft_q(c, params, observation, action))

    critic_loss, gradients = jax.value_and_grad(critic_loss_of)(critics["params"])
    critics = adam_step(c.q_learning_rate, critics, gradients, count)

    def actor_loss_of(params):
        new_action, log_prob = policy(c, params, observation, actor_noise)
        q = jnp.minimum(*soft_q(c, critics["params"], observation, new_action))
        return (alpha * log_prob - q).mean(), -log_prob.mean()

    (actor_loss, entropy), gradients = jax.value_and_grad(actor_loss_of, has_aux=True)(actor["params"])
    actor = adam_step(c.policy_learning_rate, actor, gradients, count)

    def alpha_loss_of(log_alpha):
        return jnp.exp(log_alpha) * (entropy - c.target_entropy)

    alpha_loss, gradient = jax.value_and_grad(alpha_loss_of)(temperature["params"])
    temperature = adam_step(c.alpha_learning_rate, temperature, gradient, count)

    target = jax.tree.map(lambda t, p: (1 - c.tau) * t + c.tau * p, learner["target"], critics["params"])
    state = {"actor": actor, "critics": critics, "temperature": temperature, "target": target, "count": count, "key": key}
    metrics = {
        "criticLoss": critic_loss,
        "actorLoss": actor_loss,
        "alphaLoss": alpha_loss,
        "alpha": jnp.exp(temperature["params"]),
        "entropy": entropy,
    }
    return state, metrics


@functools.partial(jax.jit, static_argnums=0)
def act(c, params, observation, key):
    key, noise_key = jax.random.split(key)
    action, _ = policy(c, params, observation, jax.random.normal(noise_key, (len(observation), c.action_size)))
    return action, key


def initial_params(c):
    """PyTorch's initialization of linear layers."""
    sizes = [c.observation_size, *c.hidden]
    shapes = {f"actor.{k}": (b, a) for k, (a, b) in enumerate(zip(sizes, sizes[1:]))}
    shapes |= {f"actor.{head}": (c.action_size, sizes[-1]) for head in ("mean", "logStd")}
    sizes = [c.observation_size + c.action_size, *c.hidden, 1]
    for q in ("q1", "q2"):
        shapes |= {f"{q}.{k}": (b, a) for k, (a, b) in enumerate(zip(sizes, sizes[1:]))}
    random = np.random.default_rng(0)
    params = {"logAlpha": np.asarray([c.initial_log_alpha], np.float32)}
    for name, (units, inputs) in shapes.items():
        bound = 1 / math.sqrt(inputs)
        for part, shape in (("weight", (units, inputs)), ("bias", (units,))):
            params[f"{name}.{part}"] = random.uniform(-bound, bound, shape).astype(np.float32)
    return params


def starting_with(prefix, params):
    return {name: jnp.array(value) for name, value in params.items() if name.startswith(prefix)}


class Learner:
    noise_names = ("noiseNext", "noise")

    def __init__(self, settings, variant="lean"):
        self.settings = settings
        params = initial_params(settings)
        self.load(params, params)
        self.noise_key = jax.random.key(2, impl="unsafe_rbg")

    def load(self, params, target):
        """Parameters by name, and those of the critics' targets."""
        zeros = functools.partial(jax.tree.map, jnp.zeros_like)
        group = lambda params: {"params": params, "first": zeros(params), "second": zeros(params)}
        log_alpha = jnp.array(params["logAlpha"][0])
        self.state = {
            "actor": group(starting_with("actor.", params)),
            "critics": group(starting_with("q", params)),
            "temperature": group(log_alpha),
            "target": starting_with("q", target),
            "count": jnp.zeros_like(log_alpha),
            "key": jax.random.key(1, impl="unsafe_rbg"),
        }

    def values(self):
        """The parameters by name, and those of the critics' targets."""
        actor, critics, temperature = (self.state[name]["params"] for name in ("actor", "critics", "temperature"))
        return actor | critics | {"logAlpha": temperature}, self.state["target"]

    def update(self, *batch, noise=None):
        self.state, metrics = update(self.settings, self.state, batch, noise)
        return metrics

    def act(self, observation):
        action, self.noise_key = act(self.settings, self.state["actor"]["params"], observation, self.noise_key)
        return np.asarray(action)
