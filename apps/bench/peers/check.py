"""Compares the peers of an algorithm with its golden values: `check.py ALGORITHM GOLDEN.json`. Prints JSON, exits 1 if they differ.

A file of updates is compared with all peers. One of forward values is compared with the peers that train_torch.py trains.
"""

import importlib
import json
import sys

import numpy as np

from meow_settings import CLIP

TRANSITION = ("obs", "act", "reward", "nextObs", "done")
METRICS = {
    "meow": ("loss", "gradNorm"),
    "sac": ("criticLoss", "actorLoss", "alphaLoss", "alpha", "entropy"),
    "td3": ("criticLoss", "actorLoss"),
    "sql": ("criticLoss", "samplerLoss"),
    "ppo": ("loss", "policyLoss", "valueLoss", "entropy", "approxKl", "oldApproxKl", "clipFraction", "gradNorm"),
}
TORCH_VARIANTS = {
    "meow": ("authors", "lean"),
    "sac": ("cleanrl", "lean"),
    "td3": ("cleanrl", "lean"),
    "sql": ("authors", "lean"),
    "ppo": ("cleanrl", "lean"),
}
WITHOUT_JAX = ("ppo",)
TOLERANCE = 1e-9


def learners(algorithm, settings):
    """The learners in float64 by name, each with what makes one of its tensors of numbers."""
    import jax

    jax.config.update("jax_enable_x64", True)
    import jax.numpy as jnp
    import torch

    torch_learner = importlib.import_module(f"{algorithm}_torch").Learner
    for variant in TORCH_VARIANTS[algorithm]:
        yield f"torch {variant}", torch_learner(settings, variant, torch.float64), lambda x: torch.tensor(x, dtype=torch.float64)
    if algorithm in WITHOUT_JAX:
        return
    jax_learner = importlib.import_module(f"{algorithm}_jax").Learner
    yield "jax", jax_learner(settings), lambda x: jnp.asarray(x, jnp.float64)


def named(values, tensor):
    return {name: tensor(v["data"]).reshape(v["shape"]) for name, v in values.items()}


def parameters_error(values, golden):
    """Largest error beyond the file's float32 rounding."""
    error = 0.0
    for parameter, wanted in golden.items():
        value = values[parameter]
        value = np.asarray(value.detach() if hasattr(value, "detach") else value).ravel()
        wanted = np.asarray(wanted["data"])
        error = max(error, float((np.abs(value - wanted) - 2.0**-24 * np.abs(wanted)).max()))
    return error


def relative_error(value, wanted):
    """Largest error, relative where numbers are above 1."""
    wanted = np.asarray(wanted, float).ravel()
    return float((np.abs(np.asarray(value, float).ravel() - wanted) / np.maximum(1.0, np.abs(wanted))).max())


def rollout_error(golden, metrics, learner, tensor):
    """Largest error of V, log-probabilities, advantages, the metrics of all minibatches and the last parameters."""
    learner.load(named(golden["params"], tensor))
    r = golden["rollout"]
    observation, action = (tensor(r[name]).flatten(0, 1) for name in ("obs", "act"))
    reward, terminated, truncated, value = (tensor(x) for x in (r["reward"], r["terminated"], r["truncated"], golden["values"]))
    # CleanRL ends truncated episodes: the value of what would have followed is a part of their last rewards.
    cut = truncated * (1 - terminated) * tensor(golden["finalValues"])
    reward = reward + golden["config"]["gamma"] * cut
    log_prob, _, judged = (x.detach() for x in learner.agent.judge(observation, action))
    advantage = learner.advantages(reward, 1 - (1 - terminated) * (1 - truncated), value, tensor(golden["lastValue"]))
    pairs = ((judged, golden["values"]), (log_prob, golden["logProb"]), (advantage, golden["advantages"]))
    error = max(relative_error(made, wanted) for made, wanted in pairs)
    whole = observation, action, log_prob, *(x.reshape(-1) for x in (value, advantage, advantage + value))
    steps = iter(golden["steps"])
    for permutation in golden["permutations"]:
        for indices in np.split(np.asarray(permutation), golden["config"]["minibatches"]):
            results, expected = learner.step(*(values[indices] for values in whole)), next(steps)
            error = max(error, *(relative_error(results[name].detach(), expected[name]) for name in metrics))
    assert next(steps, None) is None, "there are more minibatches"
    return max(error, parameters_error(learner.values(), golden["finalParams"]))


def largest_error(golden, metrics, learner, tensor):
    """Largest relative error of metrics; of the last parameters beyond the file's float32 rounding."""
    learner.load(named(golden["params"], tensor), named(golden.get("target", golden["params"]), tensor))
    error = 0.0
    for batch, expected in zip(golden["batches"], golden["steps"], strict=True):
        noise = [tensor(batch[name]) for name in learner.noise_names]
        results = learner.update(*[tensor(batch[field]) for field in TRANSITION], **({"noise": noise} if noise else {}))
        # An update that leaves the policy alone has no loss of it.
        given = {name: expected[name] for name in metrics if expected[name] is not None}
        assert all(name in given for name in results if name in metrics), "the policy is trained in another update"
        for name, value in given.items():
            error = max(error, abs(float(results[name]) - value) / max(1.0, abs(value)))
    for values, name in zip(learner.values(), ("finalParams", "finalTarget")):
        error = max(error, parameters_error(values, golden[name]))
    return error


def forward_error(golden, learner, tensor):
    """Largest relative error of values, actions, log-probabilities, the entropy and the share of samples beyond the margin."""
    import torch

    network = learner.online.eval()
    parameters = named(golden["params"], tensor)
    learner.load(parameters, parameters)
    state, action, noise = (tensor(golden[name]) for name in ("obs", "act", "noise"))
    # No golden sample lies beyond the margin; of these some do.
    wide = 300 * noise
    with torch.no_grad():
        q, v = network.soft_q(state, action).chunk(2), network.soft_v(state).chunk(2)
        far = network.act(state, wide)
        far_log_prob = (network.soft_q(state, far).chunk(2)[0] - v[0]) / network.settings.alpha
        checks = [
            (q[0], golden["q1"]),
            (q[1], golden["q2"]),
            (v[0], golden["v1"]),
            (v[1], golden["v2"]),
            (network.mode(state), golden["deterministicAction"]),
            (network.act(state, noise), golden["sampledAction"]),
            (network.sample(state, noise)[1], golden["sampledLogProb"]),
            (torch.tanh(network.sample(state, wide)[0]), far),
            (network.sample(state, wide)[1], far_log_prob),
        ]
        near = tensor(golden["sampledAction"]), tensor(golden["sampledLogProb"])
        for (sampled, log_prob), drawn in ((near, noise), ((far, far_log_prob), wide)):
            metrics = network.policy_metrics(state, drawn)
            share = sum(any(abs(entry) > 1 - CLIP for entry in row) for row in sampled.tolist()) / len(sampled)
            # By definition, with the mean of the noise's squares for those that were drawn.
            entropy = -log_prob.mean() + 0.5 * (1 - drawn**2).sum(dim=1).mean()
            checks += [(metrics["entropy"], entropy), (metrics["beyondMargin"], share)]
        assert share > 0, "no sample lies beyond the margin: take wider noise"
    pairs = [(value, torch.as_tensor(wanted, dtype=value.dtype)) for value, wanted in checks]
    return max(float(((value - wanted).abs() / wanted.abs().clamp(min=1)).max()) for value, wanted in pairs)


def main(algorithm, path):
    settings_of = importlib.import_module(f"{algorithm}_settings").settings_of
    errors = {}
    for golden in json.load(open(path)):
        for peer, learner, tensor in learners(algorithm, settings_of(golden["config"])):
            if "rollout" in golden:
                errors[f"{peer} {golden['name']}"] = rollout_error(golden, METRICS[algorithm], learner, tensor)
            elif "steps" in golden:
                errors[f"{peer} {golden['name']}"] = largest_error(golden, METRICS[algorithm], learner, tensor)
            elif peer.startswith("torch"):
                errors[f"{peer} {golden['name']}"] = forward_error(golden, learner, tensor)
    print(json.dumps(errors))
    return 0 if errors and all(error < TOLERANCE for error in errors.values()) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
