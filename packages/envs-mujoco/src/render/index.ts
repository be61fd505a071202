export { isMujocoEnv } from './is-mujoco-env.ts';
export { forwardKinematics, type Pose } from './kinematics.ts';
export type { Quaternion } from './quaternion.ts';
export { recordEpisode, type RecordedEnv, type RecorderOptions } from './recorder.ts';
export { frame, positionsAt, steps, type Ending, type Recording } from './recording.ts';
export { decodeRecording, encodeRecording } from './recording-file.ts';
export { replayPage, type ReplayPageOptions } from './replay-page.ts';
export {
  describeScene,
  type GeomType,
  type JointType,
  type Scene,
  type SceneBody,
  type SceneGeom,
  type SceneJoint,
  type SceneMesh,
} from './scene.ts';
