export { actionUnits } from './action-units.ts';
export type { ActionUnits } from './action-units.ts';
export { decodePolicyFile } from './decode-file.ts';
export type { DecodedFile } from './decode-file.ts';
export type { EngineInfo, EngineName, EnginePackage, PolicyEngine } from './engine.ts';
export { EngineError, PolicyFileError } from './errors.ts';
export type { ComparedAgent, Deployment, ObservationScaling } from './deployment.ts';
export { POLICY_FILES } from './file-names.ts';
export type { PolicyFile } from './file-names.ts';
export { loadPolicy } from './load-policy.ts';
export type {
  LoadPolicyOptions,
  Policy,
  PolicyActOptions,
  PolicySource,
  PolicySources,
  PolicyValues,
} from './load-policy.ts';
export { PRECISIONS } from './metadata.ts';
export type { FileMetadata, PolicyMetadata, Precision } from './metadata.ts';
export { policyFiles } from './policy-files.ts';
export { verifyPolicy } from './verify.ts';
export type { ProbeOptions } from './probes.ts';
export type { Verification, VerifyOptions } from './verify.ts';
