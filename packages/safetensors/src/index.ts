export { decodeSafetensors, type SavedTensors } from './decode.ts';
export { encodeSafetensors, type NamedTensors } from './encode.ts';
