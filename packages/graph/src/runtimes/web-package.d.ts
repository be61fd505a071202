/** What package.json maps to the build of onnxruntime-web for Node or for browsers. */
declare module '#onnxruntime-web' {
  export * from 'onnxruntime-web';
}
