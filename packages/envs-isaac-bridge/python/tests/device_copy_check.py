"""Run in a Python that has PyTorch: tensors that go through one row of bytes come out as they were."""

from __future__ import annotations

import numpy as np
import torch

from meow_isaac_bridge.adapters.device_copy import in_one_copy, to_host

tensors = [
    torch.tensor([True, False, True]),
    torch.linspace(-1, 1, 6).reshape(2, 3).T,
    torch.arange(3, dtype=torch.int64),
    torch.tensor([[0.1]], dtype=torch.float64),
    torch.empty((0, 4)),
    torch.arange(5, dtype=torch.uint8),
    torch.tensor(7, dtype=torch.int32).reshape(1),
]
for copy in (to_host, in_one_copy):
    for array, tensor in zip(copy(tensors), tensors, strict=True):
        np.testing.assert_array_equal(array, tensor.numpy(), strict=True)
kept = to_host(tensors)[2]
tensors[2][:] = 9
np.testing.assert_array_equal(kept, [0, 1, 2])
