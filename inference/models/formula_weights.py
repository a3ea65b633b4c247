"""Weights by a formula: networks of true size that need no file.

Each tensor is drawn by splitmix64 from a state that its name gives, so it does not depend on the
others, and the same network can be made anywhere. Such a network says nothing about pictures; it
serves benchmarks and comparisons with recorded outputs.

Source of splitmix64: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators"
(OOPSLA 2014). Names are those of the published state dicts.
"""

import zlib
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

GAMMA = np.uint64(0x9E3779B97F4A7C15)
FIRST_FACTOR = np.uint64(0xBF58476D1CE4E5B9)
SECOND_FACTOR = np.uint64(0x94D049BB133111EB)

ONE_DIMENSION = {
    "weight": (1.0, 0.1),
    "bias": (0.0, 0.05),
    "running_mean": (0.0, 0.05),
    "running_var": (1.0, 0.2),
}
"""Middle and half-width of the values of vectors, by the last part of their name."""


@torch.no_grad()
def fill_by_formula(network: nn.Module) -> None:
    """Give every tensor of the network's state dict its values by the formula, in place.

    Raises:
        ValueError: the formula has no rule for one of the names.
    """
    for name, tensor in network.state_dict().items():
        tensor.copy_(torch.from_numpy(formula_tensor(name, tensor.shape)))


def formula_tensor(name: str, shape: Sequence[int]) -> NDArray[np.float32]:
    """The values of the tensor called `name`, computed in float64.

    Raises:
        ValueError: the formula has no rule for this name.
    """
    last = name.rpartition(".")[2]
    if last == "num_batches_tracked":
        return np.zeros(shape, np.float32)
    if last == "scale":
        return np.full(shape, 0.05, np.float32)
    if last in ("pos_embed", "cls_token"):
        middle, half_width = 0.0, 0.05
    elif len(shape) >= 2:
        middle, half_width = 0.0, float(np.sqrt(3 / np.prod(shape[1:])))
    elif last in ONE_DIMENSION:
        middle, half_width = ONE_DIMENSION[last]
    else:
        raise ValueError(f"no rule for the values of {name!r}")
    values = middle + half_width * drawn(name, int(np.prod(shape)))
    return values.astype(np.float32).reshape(shape)


def drawn(name: str, count: int) -> NDArray[np.float64]:
    """`count` numbers, uniform in -1..1 in steps of 2^-23, from the state that `name` gives."""
    z = np.arange(1, count + 1, dtype=np.uint64)
    z *= GAMMA  # modulo 2^64, as the generator wants it
    z += np.uint64(zlib.crc32(name.encode()))
    z = (z ^ (z >> np.uint64(30))) * FIRST_FACTOR
    z = (z ^ (z >> np.uint64(27))) * SECOND_FACTOR
    z ^= z >> np.uint64(31)
    return (z >> np.uint64(40)).astype(np.float64) / 2**23 - 1
