"""PPO's update of one minibatch in PyTorch, eagerly, written as in CleanRL's ppo_continuous_action.py.

    python ppo_torch.py check ppo-update.json     its numbers against golden ones
    python ppo_torch.py time [updates]            milliseconds for each minibatch of 64, on one thread, of wall and of CPU time
"""

import json
import math
import sys
import time

import torch
from torch import nn
from torch.distributions.normal import Normal


def network(sizes):
    layers = []
    for inputs, outputs in zip(sizes, sizes[1:]):
        layers += [nn.Linear(inputs, outputs), nn.Tanh()]
    return nn.Sequential(*layers[:-1])


class Agent(nn.Module):
    def __init__(self, observation_size, action_size, hidden):
        super().__init__()
        self.critic = network([observation_size, *hidden, 1])
        self.actor_mean = network([observation_size, *hidden, action_size])
        self.actor_logstd = nn.Parameter(torch.zeros(1, action_size))

    def judge(self, observation, action):
        """log pi and entropy of the policy, and V."""
        mean = self.actor_mean(observation)
        policy = Normal(mean, torch.exp(self.actor_logstd.expand_as(mean)))
        return policy.log_prob(action).sum(1), policy.entropy().sum(1), self.critic(observation)


def learn(agent, optimizer, c, batch):
    """One gradient step; gives what CleanRL logs."""
    new_log_prob, entropy, new_value = agent.judge(batch["observation"], batch["action"])
    log_ratio = new_log_prob - batch["logProb"]
    ratio = log_ratio.exp()
    with torch.no_grad():
        old_approx_kl = (-log_ratio).mean()
        approx_kl = ((ratio - 1) - log_ratio).mean()
        clip_fraction = ((ratio - 1.0).abs() > c["clip"]).float().mean()
    advantage = batch["advantage"]
    advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
    loss1 = -advantage * ratio
    loss2 = -advantage * torch.clamp(ratio, 1 - c["clip"], 1 + c["clip"])
    policy_loss = torch.max(loss1, loss2).mean()
    new_value = new_value.view(-1)
    unclipped = (new_value - batch["return"]) ** 2
    near = batch["value"] + torch.clamp(new_value - batch["value"], -c["clip"], c["clip"])
    value_loss = 0.5 * torch.max(unclipped, (near - batch["return"]) ** 2).mean()
    entropy = entropy.mean()
    loss = policy_loss - c["entropyCoefficient"] * entropy + value_loss * c["valueCoefficient"]
    optimizer.zero_grad()
    loss.backward()
    norm = nn.utils.clip_grad_norm_(agent.parameters(), c["gradClip"])
    optimizer.step()
    return {"loss": loss, "policyLoss": policy_loss, "valueLoss": value_loss, "entropy": entropy, "approxKl": approx_kl,
            "oldApproxKl": old_approx_kl, "clipFraction": clip_fraction, "gradNorm": norm}


def load(agent, params):
    tensor = lambda name: torch.tensor(params[name]["data"]).view(params[name]["shape"])
    with torch.no_grad():
        for name, part in (("actor", agent.actor_mean), ("critic", agent.critic)):
            for k, layer in enumerate(part[::2]):
                layer.weight.copy_(tensor(f"{name}.{k}.weight"))
                layer.bias.copy_(tensor(f"{name}.{k}.bias"))
        agent.actor_logstd.copy_(tensor("actor.logStd")[None])


def check(path):
    """Largest error of all minibatches, relative where numbers are above 1."""
    torch.set_default_dtype(torch.float64)
    for case in json.load(open(path)):
        c = case["config"]
        agent = Agent(c["obsDim"], c["actDim"], c["hidden"])
        load(agent, case["params"])
        optimizer = torch.optim.Adam(agent.parameters(), lr=c["learningRate"], eps=1e-5)
        flat = lambda x, *width: torch.tensor(x).reshape(-1, *width)
        r = case["rollout"]
        whole = {"observation": flat(r["obs"], c["obsDim"]), "action": flat(r["act"], c["actDim"]), "logProb": flat(case["logProb"]),
                 "value": flat(case["values"]), "advantage": flat(case["advantages"]), "return": flat(case["returns"])}
        steps = iter(case["steps"])
        worst = 0.0
        for permutation in case["permutations"]:
            for indices in torch.tensor(permutation).chunk(c["minibatches"]):
                made = learn(agent, optimizer, c, {name: values[indices] for name, values in whole.items()})
                expected = next(steps)
                # Its clip fraction is of 32-bit floats.
                for name in made.keys() - {"clipFraction"}:
                    worst = max(worst, abs(made[name].item() - expected[name]) / max(1.0, abs(expected[name])))
        print(f"{case['name']}: {worst:.1e}")
        if not worst < 1e-8:
            sys.exit(f"{case['name']} is off by {worst}")


def measure(updates):
    torch.set_num_threads(1)
    torch.manual_seed(0)
    c = {"clip": 0.2, "entropyCoefficient": 0.0, "valueCoefficient": 0.5, "gradClip": 0.5}
    agent = Agent(17, 6, [64, 64])
    optimizer = torch.optim.Adam(agent.parameters(), lr=3e-4, eps=1e-5)
    rows = 2048
    observation, action = torch.randn(rows, 17), torch.randn(rows, 6)
    with torch.no_grad():
        log_prob, _, value = agent.judge(observation, action)
    whole = {"observation": observation, "action": action, "logProb": log_prob, "value": value.view(-1),
             "advantage": torch.randn(rows), "return": torch.randn(rows)}

    def run(count):
        made = 0
        while made < count:
            for indices in torch.randperm(rows).split(64):
                learn(agent, optimizer, c, {name: values[indices] for name, values in whole.items()})
                made += 1
        return made

    run(64)
    began, cpu = time.perf_counter(), time.process_time()
    made = run(updates)
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    print(json.dumps({"wallMilliseconds": 1000 * wall / made, "cpuMilliseconds": 1000 * cpu / made}))


if __name__ == "__main__":
    if sys.argv[1] == "check":
        check(sys.argv[2])
    else:
        measure(int(sys.argv[2]) if len(sys.argv) > 2 else 1280)
