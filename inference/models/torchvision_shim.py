"""Lets timm import beside a torch built for CPU only.

timm imports torchvision, and the registry's torchvision is built for CUDA: beside a CPU-only
torch its import fails, because it attaches code to two operators (`torchvision::nms` and
`torchvision::qnms`) that its compiled part, which could not be loaded, should have defined. We
use neither. Declaring their two schemas before the first import is enough (checked with torch
2.13.0 CPU, torchvision 0.28.0, timm 1.0.31).

Import this module before timm. Nothing else is needed:

    from inference.models import torchvision_shim  # noqa: F401 (before timm: declares operators)
"""

import torch

SCHEMAS = {
    "nms": "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}


def declare_missing_operators() -> list[torch.library.Library]:
    """The libraries that hold the declarations; empty where torchvision's own are there."""
    libraries = []
    for name, schema in SCHEMAS.items():
        if not hasattr(torch.ops.torchvision, name):
            library = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]  # untyped in torch
            library.define(schema)  # type: ignore[no-untyped-call]  # untyped in torch
            libraries.append(library)
    return libraries


# A torch Library withdraws its definitions when it is collected, so they are kept here.
DECLARED = declare_missing_operators()
