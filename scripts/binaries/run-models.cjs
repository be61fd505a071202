// Runs models on a compiled addon and writes what they give, on whatever Node runs this: run-models.cjs FOLDER. The folder's
// cases.json names the addon, onnxruntime's library and, for each model, its file and those of its inputs and outputs.
const { readFileSync, writeFileSync } = require('node:fs');
const path = require('node:path');

const folder = process.argv[2] ?? '.';
const read = (name) => readFileSync(path.join(folder, name));
const { addon: file, library, cases } = JSON.parse(read('cases.json').toString());
const addon = require(file);
const version = addon.open(library);

for (const { model, inputs, outputs } of cases) {
  const { handle, inputNames, outputNames } = addon.createSession(new Uint8Array(read(model)), 1, '', '');
  inputNames.forEach((name, i) => {
    const { buffer, byteOffset, byteLength } = read(inputs[name].file);
    addon.feed(
      handle,
      i,
      new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength)),
      inputs[name].dims,
    );
  });
  const rooms = outputNames.map(
    (name) => new Float32Array(outputs[name].dims.reduce((size, dim) => size * dim, 1)),
  );
  addon.ask(
    handle,
    outputNames.map((_, i) => i),
    outputNames.flatMap((name, i) => [rooms[i], outputs[name].dims]),
  );
  addon.run(handle);
  outputNames.forEach((name, i) => writeFileSync(path.join(folder, outputs[name].file), rooms[i]));
  addon.release(handle);
}
console.log(JSON.stringify({ version, arch: process.arch, instructionSets: addon.instructionSets() }));
