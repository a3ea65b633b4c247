"""Makes the recorded data of this folder: `python -m tests.inference.golden.make`.

Remake them only after a deliberate change of what the reference answers or of the files' layout,
and say so in the commit: a test that fails on them has found a change that nobody wanted. They
hold what this program answered at that time; that it answers as the authors' code does, the
recorded data of the shared folder show.
"""

from pathlib import Path

import numpy as np

from inference.models.checkpoint import load_weights, save_weights
from tests.inference.golden import recording
from tests.inference.golden.tiny_network import draw_scene, trained_network

FOLDER = Path(__file__).parent / "data"
WEIGHTS = "simpleclick_tiny.safetensors"
SEED = 8
ZOOMED_SEED, STOPPED_SEED = 10, 24
"""Of scenes that the network answers as is wanted: the box is renewed twice, round what the first
click found, far smaller than the object, and round what the second did; and refining ends early
at some clicks, not at others."""

EVALUATION = {
    "target_size": (224, 224),
    "with_flip": True,
    "cascade_step": 1,
    "cascade_adaptive": False,
    "cascade_clicks": 1,
    "init": None,
}
"""As the authors evaluate, but for the size."""


def main() -> None:
    """Make the network, then record everything with it."""
    FOLDER.mkdir(exist_ok=True)
    # Recorded with what comes out of the file: it holds half precision.
    save_weights(FOLDER / WEIGHTS, trained_network(SEED), training={"seed": SEED})
    network, _ = load_weights(FOLDER / WEIGHTS)
    rng = np.random.default_rng(SEED)
    recording.record_network(FOLDER / "network.npz", network, rng)
    recording.record_formula_network(FOLDER / "formula_xtiny.npz", rng)
    recording.record_click_maps(FOLDER / "click_maps.npz", rng)
    recording.record_click_simulator(FOLDER / "click_simulator.npz", rng)
    recording.record_click_counts(FOLDER / "noc.json", rng)
    recording.record_losses(FOLDER / "losses.npz", rng)
    zoomed = draw_scene(np.random.default_rng(ZOOMED_SEED), 400, 520, largest=0.4)
    stopped = draw_scene(np.random.default_rng(STOPPED_SEED), 300, 380)
    sequences = {
        "plain": (
            EVALUATION | {"target_size": None, "with_flip": False},
            draw_scene(rng, 224, 224),
        ),
        "zoom_flip": (EVALUATION, zoomed),
        "cfr_adaptive": (
            EVALUATION | {"cascade_step": 5, "cascade_adaptive": True, "cascade_clicks": 20},
            stopped,
        ),
        "init_mask_demo": (
            EVALUATION | {"cascade_step": 0, "init": "demo"},
            draw_scene(rng, 240, 240),
        ),
        "init_mask_previous": (
            EVALUATION | {"cascade_step": 2, "init": "prev"},
            draw_scene(rng, 180, 260),
        ),
    }
    for name, (settings, scene) in sequences.items():
        recording.record_sequence(FOLDER / f"seq_{name}.npz", network, scene, settings, steps=4)


if __name__ == "__main__":
    main()
