"""Checkpoints in the format of the authors: drawn ones, and where the published ones lie."""

import os
from collections import OrderedDict
from pathlib import Path

import pytest
import torch

from inference.models.simple_click import XTINY, SimpleClick

SHARED = Path(os.environ.get("SEGMAP_SHARED", Path(__file__).parents[3] / "shared"))
PARITY = SHARED / "reference" / "parity"
needs_parity = pytest.mark.skipif(
    not PARITY.is_dir(), reason="the published files of the shared data are not here"
)


def draw_network():
    torch.manual_seed(2)
    return SimpleClick(XTINY).eval()


def draw_state(network):
    """A published state dict: the network's tensors among some that it never uses."""
    unused = {
        "backbone.cls_token": torch.zeros(1, 1, 160),
        "backbone.head.weight": torch.zeros(1000, 160),
        "head.up_conv1.0.weight": torch.zeros(128, 128, 2, 2),
    }
    return OrderedDict({**network.state_dict(), **unused})


def parameters(**changed):
    values = {"use_disks": True, "norm_radius": 5, "with_prev_mask": True, "random_split": False}
    return {
        name: {"type": "builtin", "value": value, "specified": True}
        for name, value in (values | changed).items()
    }


def published(path, state, *, params=None, **options):
    """Write a file in the authors' format."""
    config = {
        "class": "isegm.model.is_plainvit_model.PlainVitModel",
        "params": params or parameters(),
    }
    torch.save({"state_dict": state, "config": config}, path, **options)
    return path
