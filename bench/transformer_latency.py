"""A click on SimpleClick ViT-B, against a plain torch implementation of its authors' steps.

Weights by a formula, since speed does not depend on them. Both sides see one window of 448 px,
batch 1, no flip averaging, the same click, the same number of passes (CFR 0: one; CFR 4: five, no
adaptive stop), float32 and the same threads:

- plain: each pass runs the whole network in torch (scaled-dot-product attention) and feeds back
  the probabilities as they are;
- ours: the engine's way. The window is encoded once, a pass runs the other half, and feeds back
  probabilities in 8 bits; torch or OpenVINO computes it.

The late-clicks variant is the same network but that clicks join after block k: the first k blocks
run once per window. It answers otherwise, so it is compared by time alone. Asserts nothing.

    python -m bench.transformer_latency --rounds 5 --threads 2
"""

import argparse
import os
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from bench.report import Ratio, Timing, ratio, report, version
from bench.rounds import flops_of, in_turns, large_product, share_of_rate
from inference.backends.backend import Backend
from inference.backends.choice import openvino_version
from inference.backends.comparison import drawn_window
from inference.backends.openvino_backend import OpenVinoBackend, convert
from inference.models.click_network import ClickNetwork, Features
from inference.models.formula_weights import fill_by_formula
from inference.models.simple_click import VIT_B, SimpleClick

SIZE_PX = 448
CERTAIN = 255


def formula_network(join_block: int) -> SimpleClick:
    """ViT-B whose clicks join after that block."""
    network = SimpleClick(replace(VIT_B, join_block=join_block)).eval()
    fill_by_formula(network)
    return network


@torch.inference_mode()
def plain_click(network: ClickNetwork, image: Tensor, clicks: Tensor, passes: int) -> Tensor:
    """The authors' steps: probabilities after so many whole runs of the network."""
    previous = torch.zeros(1, 1, SIZE_PX, SIZE_PX)
    for _ in range(passes):
        previous = network(image, previous, clicks).sigmoid()
    return previous


@torch.inference_mode()
def our_click(
    backend: Backend, image: Tensor, clicks: Tensor, passes: int, seen: Features | None = None
) -> Tensor:
    """The engine's steps; `seen` are the features of a window that was clicked before."""
    features = backend.encode(image) if seen is None else seen
    previous = torch.zeros(1, 1, SIZE_PX, SIZE_PX)
    for _ in range(passes):
        probabilities = backend.decode(features, previous, clicks).sigmoid()
        previous = (probabilities * CERTAIN).round() / CERTAIN
    return probabilities


def with_openvino(network: SimpleClick, folder: Path, threads: int) -> OpenVinoBackend:
    """The network in OpenVINO."""
    folder.mkdir()
    convert(network, SIZE_PX, folder)
    return OpenVinoBackend(
        folder, bands=network.bands, click_radius_px=network.click_radius_px, threads=threads
    )


def agreement(plain: Tensor, ours: Tensor) -> str:
    """The largest difference of a probability, and the IoU of the masks."""
    mask, our_mask = plain > 0.5, ours > 0.5
    union = (mask | our_mask).sum().item()
    iou = (mask & our_mask).sum().item() / union if union else 1.0
    difference = (plain - ours).abs().max().item()
    return f"{difference:.1e} in probability, mask IoU {iou:.4f} ({int(mask.sum())} px inside)"


def main() -> None:
    """Build the networks, time the clicks in turns, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--join-blocks", type=int, nargs="*", default=[8, 10])
    options = parser.parse_args()
    if openvino_version() is None:
        raise SystemExit(
            "This benchmark compares with OpenVINO, which is not installed; nothing was measured. "
            "`make bench` installs it first."
        )
    torch.set_num_threads(options.threads)
    network = formula_network(0)
    image, clicks = drawn_window(3, SIZE_PX, radius_px=network.click_radius_px)
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder)
        ours = with_openvino(network, made / "join-0", options.threads)
        works: dict[str, Callable[[], Tensor]] = {
            "plain torch, CFR 0": lambda: plain_click(network, image, clicks, 1),
            "ours with torch, CFR 0": lambda: our_click(network, image, clicks, 1),
            "ours with OpenVINO, CFR 0": lambda: our_click(ours, image, clicks, 1),
            "plain torch, CFR 4": lambda: plain_click(network, image, clicks, 5),
            "ours with OpenVINO, CFR 4": lambda: our_click(ours, image, clicks, 5),
        }
        for join_block in options.join_blocks:
            backend = with_openvino(
                formula_network(join_block), made / f"join-{join_block}", options.threads
            )
            seen = backend.encode(image)
            for name, features in (("new window", None), ("window seen before", seen)):
                works[f"late clicks at {join_block}, CFR 4, {name}"] = (
                    lambda backend=backend, features=features: our_click(
                        backend, image, clicks, 5, features
                    )
                )
        product = large_product()
        seconds = in_turns({**works, "large product": product}, options.rounds)
        facts = facts_of(works, options.threads)
    flops = {name: flops_of(works[name]) for name in works if name.startswith("plain")}
    report(
        "transformer_latency",
        [Timing(name, taken) for name, taken in seconds.items()],
        facts | {f"operations, {name}": f"{count / 1e9:.0f} G" for name, count in flops.items()},
        [
            *(
                ratio(f"{name}, over plain torch", seconds[name], seconds[f"plain torch, {cfr}"])
                for name in works
                for cfr in ("CFR 0", "CFR 4")
                if cfr in name and not name.startswith("plain")
            ),
            *(
                Ratio(
                    f"{name}: share of the machine's matrix rate",
                    share_of_rate(
                        flops[f"plain torch, {name[-5:]}"], seconds[name], seconds["large product"]
                    ),
                )
                for name in works
                if not name.startswith("late")
            ),
        ],
    )


def facts_of(works: dict[str, Callable[[], Tensor]], threads: int) -> dict[str, str | float | int]:
    """What a reader must know, with how far the two sides agree."""
    return {
        "threads": threads,
        "network": f"SimpleClick ViT-B, weights by formula, {SIZE_PX} px, no flip on either side",
        "torch": version("torch"),
        "openvino": version("openvino"),
        "agreement, torch, CFR 0": agreement(
            works["plain torch, CFR 0"](), works["ours with torch, CFR 0"]()
        ),
        "agreement, OpenVINO, CFR 0": agreement(
            works["plain torch, CFR 0"](), works["ours with OpenVINO, CFR 0"]()
        ),
        "agreement, OpenVINO, CFR 4": agreement(
            works["plain torch, CFR 4"](), works["ours with OpenVINO, CFR 4"]()
        ),
    }


if __name__ == "__main__":
    main()
