"""Checks ONNX files with onnx's checker and runs them on Python's onnxruntime: a JSON list of {file, inputs} to their outputs."""

import json
import sys

import numpy
import onnx
import onnxruntime


def run(file: str, inputs: dict[str, dict]) -> dict[str, dict]:
    onnx.checker.check_model(file, full_check=True)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(file, options)
    names = [output.name for output in session.get_outputs()]
    feeds = {
        name: numpy.array(value["data"], dtype=numpy.float32).reshape(value["shape"]) for name, value in inputs.items()
    }
    results = session.run(names, feeds)
    return {name: {"shape": list(result.shape), "data": result.ravel().tolist()} for name, result in zip(names, results)}


with open(sys.argv[1]) as jobs:
    print(json.dumps([run(job["file"], job["inputs"]) for job in json.load(jobs)]))
