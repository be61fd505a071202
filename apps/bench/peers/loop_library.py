"""The whole training loop of SAC or TD3 as Stable-Baselines3 has it, or sbx, its version in JAX, which has the same interface."""

import time

import gymnasium


def steps_per_second(agent_of, settings, steps, warmup, env_id="HalfCheetah-v5", batch_size=256):
    """Environment steps per second with one update per step, after `warmup` steps with random actions."""
    agent = agent_of(
        "MlpPolicy",
        gymnasium.make(env_id),
        batch_size=batch_size,
        learning_starts=warmup,
        train_freq=1,
        gradient_steps=1,
        tau=settings.tau,
        gamma=settings.gamma,
        policy_kwargs={"net_arch": list(settings.hidden)},
        device="cpu",
        seed=0,
    )
    # The first updates compile and allocate; the clock starts after them.
    agent.learn(warmup + 20)
    begun = time.perf_counter()
    agent.learn(steps, reset_num_timesteps=False)
    seconds = time.perf_counter() - begun
    agent.env.close()
    return steps / seconds
