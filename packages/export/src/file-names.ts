/** Names of the files of an export. */
export const POLICY_FILES = {
  policy: 'policy.onnx',
  stochastic: 'policy-stochastic.onnx',
  critic: 'critic.onnx',
} as const;

export type PolicyFile = keyof typeof POLICY_FILES;
