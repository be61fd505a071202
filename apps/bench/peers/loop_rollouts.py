"""The whole training loop of PPO as Stable-Baselines3 has it, or sbx, its version in JAX, which has the same interface."""

import time

from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.vec_env import DummyVecEnv, SubprocVecEnv, VecNormalize

# As in src/speed/rollout-loop.ts.
ENVIRONMENTS = 16
ROLLOUT_STEPS = 128


def steps_per_second(agent_of, settings, steps, processes, env_id="HalfCheetah-v5"):
    """Environment steps per second of at least so many steps, after a first rollout.

    `processes`: whether each environment is in a process of its own; otherwise all are in this one.
    """
    environments = make_vec_env(env_id, ENVIRONMENTS, seed=0, vec_env_cls=SubprocVecEnv if processes else DummyVecEnv)
    agent = agent_of(
        "MlpPolicy",
        VecNormalize(environments, gamma=settings.gamma),
        n_steps=ROLLOUT_STEPS,
        batch_size=settings.batch_size,
        n_epochs=settings.epochs,
        learning_rate=settings.learning_rate,
        gamma=settings.gamma,
        gae_lambda=settings.gae_lambda,
        clip_range=settings.clip_range,
        ent_coef=settings.entropy_coefficient,
        vf_coef=settings.value_coefficient,
        max_grad_norm=settings.grad_clip,
        policy_kwargs={"net_arch": list(settings.hidden)},
        device="cpu",
        seed=0,
    )
    transitions = ENVIRONMENTS * ROLLOUT_STEPS
    rollouts = -(-steps // transitions)
    # The first rollout compiles and allocates; the clock starts after it.
    agent.learn(transitions)
    begun = time.perf_counter()
    agent.learn(rollouts * transitions, reset_num_timesteps=False)
    seconds = time.perf_counter() - begun
    agent.env.close()
    return rollouts * transitions / seconds
