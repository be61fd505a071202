"""Writes files with the official library, then says what it reads of every file in a folder, as JSON."""

import json
import sys
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

folder = Path(sys.argv[1])

written = {
    "several": (
        {
            "layer.10.weight": np.arange(6, dtype=np.float32).reshape(2, 3) / 7,
            "layer.9.weight": np.array([np.nan, np.inf, -0.0, 1e-45], dtype=np.float32),
            "10": np.full((1, 1, 2), 3.5, dtype=np.float32),
            "9": np.array(0.1, dtype=np.float32),
            "empty": np.zeros((0, 3), dtype=np.float32),
            "__proto__": np.ones(1, dtype=np.float32),
            "Gewicht ü ✓ \U0001f642": np.ones(2, dtype=np.float32),
        },
        {"format": "np", "__proto__": "a", "10": "b", "9": "c", "ü": "✓"},
    ),
    "nothing": ({}, None),
}
for name, (tensors, metadata) in written.items():
    save_file(tensors, folder / f"python-{name}.safetensors", metadata)


def read(path):
    try:
        with safe_open(path, framework="np") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}
            metadata = file.metadata() or {}
    except SafetensorError as error:
        return {"refused": str(error)}
    return {
        "metadata": sorted(metadata.items()),
        "tensors": [
            [name, list(array.shape), array.astype("<f4").tobytes().hex()] for name, array in sorted(tensors.items())
        ],
    }


print(json.dumps({path.stem: read(path) for path in sorted(folder.glob("*.safetensors"))}))
