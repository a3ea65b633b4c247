"""Weights by the formula, against recorded sums and by hand."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from inference.models.formula_weights import fill_by_formula, formula_tensor

SHARED = Path(os.environ.get("SEGMAP_SHARED", Path(__file__).parents[3] / "shared"))
PARITY = SHARED / "reference" / "parity"


@pytest.mark.skipif(not PARITY.is_dir(), reason="the recorded sums of the shared data are not here")
@pytest.mark.parametrize(
    ("name", "shapes", "every"),
    [
        ("vit_b", "network_vit_b", 1),
        ("vit_h", "network_vit_h", 23),
        ("ritm_hrnet18s_ocr48", "ritm_hrnet18s_ocr48", 1),
    ],
)
def test_sums_of_the_tensors_are_those_recorded(name, shapes, every):
    keys = json.loads((PARITY / f"{shapes}_shapes.json").read_text())["keys"]
    recorded = np.load(PARITY / f"formula_{name}.npz")["weight_checksums"]
    sums = [
        np.abs(formula_tensor(key, shape)).sum(dtype=np.float64)
        for key, shape in list(keys.items())[::every]
    ]
    np.testing.assert_allclose(sums, recorded[::every], rtol=1e-12)


def splitmix64(state: int) -> int:
    """The generator in whole numbers, as its paper gives it."""
    most = 2**64 - 1
    z = (state + 0x9E3779B97F4A7C15) & most
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & most
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & most
    return z ^ (z >> 31)


def test_values_come_from_the_name_by_the_generator():
    start = 0x2FFC6D84  # crc32 of the name
    numbers = [
        2 * (splitmix64((start + i * 0x9E3779B97F4A7C15) % 2**64) >> 40) / 2**24 - 1
        for i in range(3)
    ]
    expected = np.array([0.05 * v for v in numbers], np.float32)
    np.testing.assert_array_equal(formula_tensor("neck.bias", (3,)), expected)


@pytest.mark.parametrize(
    ("name", "shape", "low", "high"),
    [
        ("a.weight", (40, 12), -0.5, 0.5),  # sqrt(3 / 12)
        ("a.weight", (400,), 0.9, 1.1),
        ("a.bias", (400,), -0.05, 0.05),
        ("a.pos_embed", (1, 40, 10), -0.05, 0.05),
        ("a.running_var", (400,), 0.8, 1.2),
        ("a.num_batches_tracked", (), 0, 0),
        ("a.scale", (1,), 0.05, 0.05),
    ],
)
def test_values_fill_the_range_of_their_kind(name, shape, low, high):
    values = formula_tensor(name, shape)
    assert values.shape == shape
    assert values.min() == pytest.approx(low, abs=0.02 * (high - low) + 1e-8)
    assert values.max() == pytest.approx(high, abs=0.02 * (high - low) + 1e-8)


def test_every_tensor_of_a_network_is_filled_in_place():
    network = nn.Sequential(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4))
    weight = network[0].weight
    fill_by_formula(network)
    assert network[0].weight is weight
    assert weight.requires_grad
    for name, tensor in network.state_dict().items():
        expected = torch.from_numpy(formula_tensor(name, tensor.shape))
        assert torch.equal(tensor.float(), expected), name


def test_a_name_without_a_rule_is_an_error():
    with pytest.raises(ValueError, match=r"a\.gamma"):
        formula_tensor("a.gamma", (3,))
