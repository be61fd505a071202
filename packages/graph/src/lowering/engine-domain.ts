/** Domain of the fused engine's additional operators in ONNX files. */
export const ENGINE_DOMAIN = 'meow';
