"""Writes recorded data in the layout that `check-golden` reads."""

import json
from pathlib import Path

import numpy as np
import torch

from inference.evaluation.click_simulator import ClickSimulator
from inference.evaluation.iou import (
    intersection_over_union,
    number_of_clicks,
    number_of_failures,
)
from inference.golden.clicks import as_row, disks_of_points
from inference.golden.losses import VARIANTS
from inference.golden.network import image_and_mask, observe, recorded_part
from inference.golden.sequences import (
    STARTED_BY_DEMO,
    bounds_of,
    points_of,
    recorded_settings,
    replay,
)
from inference.models.formula_weights import fill_by_formula
from inference.models.simple_click import XTINY, SimpleClick
from tests.inference.golden.tiny_network import draw_scene

TOKENS = np.array([0, 1, 13, 14, 97, 195])
"""Corners, neighbours across windows, and the last token of the smallest grid."""
THRESHOLD = 0.49


def record_network(path: Path, network: SimpleClick, rng: np.random.Generator) -> None:
    """Three calls: one window of attention, two with a mirrored batch, and one without clicks."""
    arrays: dict[str, np.ndarray] = {}
    cases = {
        "a224": (224, 224, 1),
        "b448x224_batch2": (448, 224, 2),
        "c256_no_click": (256, 256, 1),
    }
    for name, (height, width, batch) in cases.items():
        image, mask = draw_scene(rng, height, width)
        previous = (0.75 * mask).astype(np.float16)[None, None]
        points = np.full((batch, 4, 3), -1, np.float32)
        if not name.endswith("no_click"):
            points[0, 0] = (60.25, 80.5, 0)
            points[0, 2] = (150, 33.125, 1)
        if batch == 2:
            points[1] = points[0]
            points[1, ::2, 1] = width - 1 - points[0, ::2, 1]
        case = {"image": image, "prev_mask": previous, "points": points, "token_index": TOKENS}
        case["grid"] = np.array([height // 16, width // 16])
        case |= outputs(network, case, ["block_00", "block_06", "neck_16", "head_logits"])
        arrays |= {f"{name}/{key}": value for key, value in case.items()}
    np.savez_compressed(path, case_names=np.array(list(cases)), **arrays)


def outputs(
    network: SimpleClick, case: dict[str, np.ndarray], names: list[str]
) -> dict[str, np.ndarray]:
    """The disks, the logits and what flows through the named places, in one call."""
    shape = case["image"].shape[:2]
    disks = np.stack([disks_of_points(points, shape, 5) for points in case["points"]])
    image, previous = image_and_mask(case["image"], case["prev_mask"], batch=len(disks))
    seen = observe(network, image, previous, torch.from_numpy(disks))
    found = {"disks": disks.astype(np.uint8)}
    for name in [*names, "coords_embedded", "image_embedded", "logits_every_8th"]:
        found[name] = recorded_part(name, seen, case["token_index"]).contiguous().numpy()
    return found


def record_formula_network(path: Path, rng: np.random.Generator) -> None:
    """One call of xtiny with weights by the formula."""
    network = SimpleClick(XTINY).eval()
    fill_by_formula(network)
    image, mask = draw_scene(rng, 224, 224)
    points = np.full((1, 2, 3), -1, np.float32)
    points[0, 0] = (100, 120, 0)
    case = {"image": image, "prev_mask": (0.5 * mask).astype(np.float16), "points": points}
    case["token_index"] = TOKENS[:4]
    case |= outputs(network, case, ["block_00", "block_07", "neck_16_every_8", "head_logits"])
    del case["disks"]
    np.savez_compressed(path, **case)


def record_sequence(
    path: Path,
    network: SimpleClick,
    scene: tuple[np.ndarray, np.ndarray],
    settings: dict[str, object],
    *,
    steps: int,
) -> None:
    """Simulated clicks on one object; the object grown by hand is the initial mask, if any."""
    image, mask = scene
    truth = mask.astype(np.int8)
    truth[:, :3] = -1
    lines = [f"{name}={value}" for name, value in settings.items()]
    recorded = {"image": image, "truth": truth}
    found = np.zeros(mask.shape, bool)
    if settings["init"] is not None:
        found = mask & (np.arange(mask.shape[1]) % 64 < 48)
        recorded["initial_mask"] = found.astype(np.uint8)
    simulator, clicks = ClickSimulator(truth), []
    parsed, start = recorded_settings(lines)
    for _ in range(steps):
        clicks.append(as_row(simulator.next_click(found)))
        recorded["clicks"] = np.array(clicks)
        answers = replay(recorded, network, parsed, start)
        found = answers[-1].probabilities > THRESHOLD
    batch = 2 if parsed.flip else 1
    maps = np.stack([answer.probabilities for answer in answers])
    masks = maps > THRESHOLD
    fed = [done.previous for answer in answers for done in answer.passes]
    recorded |= {
        "iou": np.array([intersection_over_union(truth, one) for one in masks]),
        "zoom_box": np.array([bounds_of(answer.passes[-1].box) for answer in answers]),
        "network_calls": np.array([len(answer.passes) for answer in answers]),
        "prob_f16_every_4th": maps[:, ::4, ::4].astype(np.float16),
        "prob_f32_every_8th": maps[:, ::8, ::8],
        "mask_packed": np.packbits(masks, axis=-1),
        "prob_sum": maps.sum(axis=(1, 2), dtype=np.float64),
        "near_threshold": (np.abs(maps - THRESHOLD) < 1e-4).sum(axis=(1, 2)),
        "prev_mask_sum_per_call": batch * np.array([one.sum(dtype=np.float64) for one in fed]),
        "network_input_shape_last": np.array([batch, 4, *fed[-1].shape]),
        "settings": np.array(lines),
    }
    offset = 1 if start == STARTED_BY_DEMO else 0
    for number, answer in enumerate(answers):
        points = points_of(answer.passes[-1], offset, batch=batch)
        recorded[f"network_points_{number}"] = points
    np.savez_compressed(path, **recorded)


def record_click_maps(path: Path, rng: np.random.Generator) -> None:
    """Disks round whole, fractional and outside places."""
    arrays = {}
    inside = rng.uniform(0, 39, (1, 6, 3))
    exact = np.array([[[1.4 + 5, 4.8 + 5, 0], [-1, -1, -1], [10, 10, 1], [39, 47, 2]]])
    outside = np.array([[[-0.5, 20, 0], [-3, -3, 1], [43.9, 20, 2], [20, 51, 3]]])
    for name, points in {"inside": inside, "exact": exact, "outside": outside}.items():
        arrays[f"{name}/points"] = points.astype(np.float32)
        for radius_px in (5, 2):
            disks = disks_of_points(arrays[f"{name}/points"][0], (40, 48), radius_px)
            arrays[f"{name}/disk_r{radius_px}"] = disks[None].astype(np.uint8)
    np.savez_compressed(path, **arrays)


def record_click_simulator(path: Path, rng: np.random.Generator) -> None:
    """Clicks on drawn predictions, the first of which are empty and perfect."""
    cases: dict[str, list] = {key: [] for key in ("truth", "predictions", "clicks", "clicks_fresh")}
    ious = []
    for _ in range(24):
        _, mask = draw_scene(rng, 30, 36)
        truth = mask.astype(np.int8)
        truth[rng.random(truth.shape) < 0.02] = -1
        others = [draw_scene(rng, 30, 36)[1] ^ np.roll(mask, 2, 1) for _ in range(3)]
        predictions = np.stack([np.zeros_like(mask), mask, *others])
        simulator = ClickSimulator(truth)
        cases["truth"].append(truth)
        cases["predictions"].append(predictions.astype(np.uint8))
        cases["clicks"].append([as_row(simulator.next_click(one)) for one in predictions])
        fresh = [as_row(ClickSimulator(truth).next_click(one)) for one in predictions]
        cases["clicks_fresh"].append(fresh)
        ious.append([intersection_over_union(truth, one) for one in predictions])
    np.savez_compressed(path, iou=ious, **cases)


def record_click_counts(path: Path, rng: np.random.Generator) -> None:
    """Counts of drawn sequences; one reaches nothing, one is not a number at first."""
    rows = [
        np.sort(rng.uniform(0.3, 1.0, length)).astype(np.float32).tolist() for length in (20, 7, 3)
    ]
    rows += [[0.25] * 20, [None, 0.8500000238418579]]
    ious = [[np.nan if iou is None else iou for iou in row] for row in rows]
    thresholds = [0.8, 0.85, 0.9, 0.95]
    case: dict[str, object] = {"ious": rows}
    for most in (20, 10):
        counts = [[number_of_clicks(r, target, most=most) for r in ious] for target in thresholds]
        case[f"max_clicks_{most}"] = {
            "noc": np.mean(counts, axis=1).tolist(),
            "noc_std": np.std(counts, axis=1).tolist(),
            "number_of_failures": [number_of_failures(row, most=most) for row in counts],
        }
    path.write_text(json.dumps({"thresholds": thresholds, "cases": {"drawn": case}}, indent=1))


def record_losses(path: Path, rng: np.random.Generator) -> None:
    """Values and gradients of every variant, and of the loss over several clicks."""
    logits = rng.normal(0, 3, (2, 1, 8, 12)).astype(np.float32)
    target = (rng.random(logits.shape) < 0.4).astype(np.float32)
    ignore = np.where(rng.random(logits.shape) < 0.2, -1, target).astype(np.float32)
    arrays = {"logits": logits, "target": target, "target_ignore": ignore}
    for variant, loss in VARIANTS.items():
        for name in ("target", "target_ignore"):
            given = torch.from_numpy(logits).requires_grad_()
            values = loss(given, torch.from_numpy(arrays[name]))
            values.mean().backward()
            arrays[f"{variant}/logits/{name}/value"] = values.detach().numpy()
            arrays[f"{variant}/logits/{name}/grad_of_mean"] = given.grad.numpy()
    np.savez_compressed(path, **arrays)
