"""Convert a network for OpenVINO and try it, in a process of its own.

This is a child of the engine, because native code that crashes takes its process with it
(2026.4.1 does so on some networks), and an engine must not die of a library that is optional.

    python -m inference.backends.openvino_trial WEIGHTS --size 160 --threads 2 --out FOLDER
"""

import argparse
import json
import os
import signal
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import torch

from inference.backends.comparison import compare
from inference.backends.openvino_backend import OpenVinoBackend, convert
from inference.models.checkpoint import load_weights

VERDICT_FILE = "verdict.json"


def main() -> None:
    """Write both halves and the verdict."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("weights", type=Path)
    parser.add_argument("--size", type=int, required=True, help="of the windows, in pixels")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder to make")
    options = parser.parse_args()
    # Leave nothing half-made behind when the engine ends before this does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    os.nice(10)  # clicks come first
    torch.set_num_threads(options.threads)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.out.parent) as folder:
        made = Path(folder) / "made"
        made.mkdir()
        try_network(options.weights, options.size, options.threads, made)
        # Another engine may have been as fast; its files are the same.
        if not options.out.exists():
            made.rename(options.out)


def try_network(weights: Path, size: int, threads: int, folder: Path) -> None:
    """Write both halves and the verdict into a folder that exists."""
    network, _ = load_weights(weights)
    convert(network, size, folder)
    backend = OpenVinoBackend(
        folder, bands=network.bands, click_radius_px=network.click_radius_px, threads=threads
    )
    verdict = compare(network, backend, size=size)
    (folder / VERDICT_FILE).write_text(json.dumps(asdict(verdict)))


if __name__ == "__main__":
    main()
