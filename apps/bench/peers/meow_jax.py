"""MEow's update in JAX: one jitted function with donated buffers, written for speed.

V comes from the state networks alone. The state's part of each coupling's first layer is computed once although two
dropout masks double the rows. All masks of an update are one draw of 16-bit numbers from XLA's own generator.
"""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np

from meow_settings import CLIP, EPSILON


def linear(params, name, x):
    """x W' + b with W stored [out, in]."""
    return jax.lax.dot_general(x, params[f"{name}.weight"], (((1,), (1,)), ((), ()))) + params[f"{name}.bias"]


def swish(params, name, x):
    return x * jax.nn.sigmoid(params[f"{name}.beta"] * x)


def state_mlp(params, name, state, layers):
    h = state
    for k in range(layers - 1):
        h = swish(params, f"{name}.{k}", linear(params, f"{name}.{k}", h))
    return linear(params, f"{name}.{layers - 1}", h)


def layer_norm(params, name, x):
    mean = x.mean(axis=1, keepdims=True)
    variance = jnp.square(x - mean).mean(axis=1, keepdims=True)
    return (x - mean) * jax.lax.rsqrt(variance + 1e-5) * params[f"{name}.norm.weight"] + params[f"{name}.norm.bias"]


def state_part(c, params, i, state):
    """The first layer of coupling i for the state alone."""
    weight = params[f"coupling{i}.0.weight"][:, c.action_size :]
    return jax.lax.dot_general(state, weight, (((1,), (1,)), ((), ()))) + params[f"coupling{i}.0.bias"]


def coupling(c, params, i, kept, from_state, keep):
    """t(kept, state) from the state's part, which may have half as many rows. `keep` multiplies, one per hidden layer."""
    name = f"coupling{i}"
    from_kept = jax.lax.dot_general(kept, params[f"{name}.0.weight"][:, : c.action_size], (((1,), (1,)), ((), ())))
    h = from_kept + jnp.tile(from_state, (len(from_kept) // len(from_state), 1))
    for k in range(len(c.hidden)):
        h = swish(params, f"{name}.{k}", layer_norm(params, f"{name}.{k}", h))
        if keep is not None:
            h = h * keep[k]
        h = linear(params, f"{name}.{k + 1}", h)
    return h


def log_sigma(c, params, state):
    h = jnp.tanh(state_mlp(params, "prior", state, len(c.hidden) + 1))
    return c.log_sigma_min + 0.5 * (c.log_sigma_max - c.log_sigma_min) * (h + 1)


def shifts(c, params, state):
    return [state_mlp(params, f"shift{i}", state, len(c.shift_hidden) + 1)[:, 0] for i in (1, 2)]


def soft_v(c, params, state):
    normalizer = log_sigma(c, params, state).sum(axis=1) + 0.5 * c.action_size * math.log(2 * math.pi)
    return [c.alpha * (normalizer + shift) for shift in shifts(c, params, state)]


def soft_q(c, params, state, action, keep):
    inside = jnp.clip(action, -1 + CLIP, 1 - CLIP)
    squash = -jnp.log(1 - inside * inside + EPSILON).sum(axis=1)
    z = jnp.tile(jnp.arctanh(inside), (2, 1))
    for i in reversed(range(c.couplings)):
        mask = jnp.asarray(c.mask(i), z.dtype)
        from_state = state_part(c, params, i, state)
        z = z - (1 - mask) * coupling(c, params, i, z * mask, from_state, None if keep is None else keep[i])
    inverse_sigma = jnp.tile(jnp.exp(-log_sigma(c, params, state)), (2, 1))
    energy = -0.5 * jnp.square(z * inverse_sigma).sum(axis=1) + jnp.tile(squash, 2)
    return c.alpha * (energy + jnp.concatenate(shifts(c, params, state)))


def dropout_masks(c, key, rows, dtype):
    if c.dropout == 0:
        return None
    width = max(c.hidden)
    threshold = np.uint16(round(c.dropout * 2**16))
    bits = jax.random.bits(key, (c.couplings, len(c.hidden), rows, width), jnp.uint16)
    masks = jnp.where(bits < threshold, 0, 1 / (1 - c.dropout)).astype(dtype)
    return [[masks[i, k, :, :units] for k, units in enumerate(c.hidden)] for i in range(c.couplings)]


def adam(c, params, gradients, first, second, count):
    correction = jnp.sqrt(1 - 0.999**count) / (1 - 0.9**count)
    step = c.learning_rate * correction
    # eps lies inside the corrected root, as in the definition: divide it by what the root lacks.
    epsilon = 1e-8 * jnp.sqrt(1 - 0.999**count)
    tree = jax.tree.map
    first = tree(lambda m, g: 0.9 * m + 0.1 * g, first, gradients)
    second = tree(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradients)
    params = tree(lambda p, m, v: p - step * m / (jnp.sqrt(v) + epsilon), params, first, second)
    return params, first, second


@functools.partial(jax.jit, static_argnums=0, donate_argnums=1)
def update(c, learner, batch):
    """One update: the learner's next state and its metrics."""
    observation, action, reward, next_observation, terminated = batch
    key, mask_key = jax.random.split(learner["key"])
    keep = dropout_masks(c, mask_key, 2 * len(observation), observation.dtype)
    y = reward + c.gamma * (1 - terminated) * jnp.minimum(*soft_v(c, learner["target"], next_observation))

    def loss_of(params):
        return jnp.square(soft_q(c, params, observation, action, keep) - jnp.tile(y, 2)).mean()

    loss, gradients = jax.value_and_grad(loss_of)(learner["params"])
    norm = jnp.sqrt(sum(jnp.vdot(g, g) for g in jax.tree.leaves(gradients)))
    # As torch.nn.utils.clip_grad_norm_, whose denominator keeps a vanishing norm from dividing.
    scale = jnp.minimum(1, c.grad_clip / (norm + 1e-6))
    gradients = jax.tree.map(lambda g: g * scale, gradients)
    count = learner["count"] + 1
    params, first, second = adam(c, learner["params"], gradients, learner["first"], learner["second"], count)
    target = jax.tree.map(lambda t, p: (1 - c.tau) * t + c.tau * p, learner["target"], params)
    state = {"params": params, "target": target, "first": first, "second": second, "count": count, "key": key}
    return state, {"loss": loss, "gradNorm": norm}


@functools.partial(jax.jit, static_argnums=0)
def act(c, params, observation, key):
    key, noise_key = jax.random.split(key)
    sigma = jnp.exp(log_sigma(c, params, observation))
    z = sigma * jax.random.normal(noise_key, sigma.shape)
    for i in range(c.couplings):
        mask = jnp.asarray(c.mask(i), z.dtype)
        z = z + (1 - mask) * coupling(c, params, i, z * mask, state_part(c, params, i, observation), None)
    return jnp.tanh(z), key


def parameter_shapes(c):
    shapes = {}

    def network(name, sizes, layer_norm):
        for k, (inputs, units) in enumerate(zip(sizes, sizes[1:])):
            shapes[f"{name}.{k}.weight"] = (units, inputs)
            shapes[f"{name}.{k}.bias"] = (units,)
            if k < len(sizes) - 2:
                shapes[f"{name}.{k}.beta"] = (units,)
                if layer_norm:
                    shapes[f"{name}.{k}.norm.weight"] = (units,)
                    shapes[f"{name}.{k}.norm.bias"] = (units,)

    for i in range(c.couplings):
        network(f"coupling{i}", [c.action_size + c.observation_size, *c.hidden, c.action_size], True)
    network("prior", [c.observation_size, *c.hidden, c.action_size], False)
    for i in (1, 2):
        network(f"shift{i}", [c.observation_size, *c.shift_hidden, 1], False)
    return shapes


def initial_params(c, seed):
    key = jax.random.key(seed)
    params = {}
    for name, shape in parameter_shapes(c).items():
        key, weight_key = jax.random.split(key)
        if name.endswith("beta") or name.endswith("norm.weight"):
            params[name] = jnp.ones(shape)
        elif name.startswith("coupling") and len(shape) == 2:
            params[name] = jax.nn.initializers.orthogonal()(weight_key, shape)
        else:
            params[name] = jnp.zeros(shape)
    return params


class Learner:
    noise_names = ()

    def __init__(self, settings, variant="lean"):
        self.settings = settings
        params = initial_params(settings, 0)
        self.load(params, params)
        self.noise_key = jax.random.key(2, impl="unsafe_rbg")

    def load(self, params, target):
        """Parameters by name, for the online network and the target."""
        zeros = functools.partial(jax.tree.map, jnp.zeros_like)
        copy = functools.partial(jax.tree.map, jnp.copy)
        self.state = {
            "params": copy(params),
            "target": copy(target),
            "first": zeros(params),
            "second": zeros(params),
            "count": jnp.asarray(0.0, next(iter(params.values())).dtype),
            "key": jax.random.key(1, impl="unsafe_rbg"),
        }

    def values(self):
        """The parameters by name, and the target's."""
        return self.state["params"], self.state["target"]

    def update(self, *batch):
        self.state, metrics = update(self.settings, self.state, batch)
        return metrics

    def act(self, observation):
        action, self.noise_key = act(self.settings, self.state["params"], observation, self.noise_key)
        return np.asarray(action)
