export { decodeSafetensors, encodeSafetensors, type NamedTensors, type SavedTensors } from './safetensors.ts';
