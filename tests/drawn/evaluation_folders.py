"""Labelled folders to evaluate on, drawn: boxes of plain colours on bare ground."""

import json

import cv2
import numpy as np

from tests.drawn.click_layers import GROUND, PLANT, WATER

CLASSES = {"names": {"0": "nothing", "1": "plant", "2": "water", "9": "unknown"}, "ignore": [9]}
BOXES = {1: [(20, 30, 60, 80), (20, 100, 40, 130)], 2: [(90, 40, 130, 120)]}
"""By class id: first row, first col, past-last row, past-last col."""


def draw_boxes(boxes, *, height=160, width=200):
    """H x W x 3 pixels and H x W class ids."""
    pixels = np.tile(np.array(GROUND, np.uint8), (height, width, 1))
    classes = np.zeros((height, width), np.uint8)
    for class_id, places in boxes.items():
        for top, left, bottom, right in places:
            pixels[top:bottom, left:right] = {1: PLANT, 2: WATER}.get(class_id, GROUND)
            classes[top:bottom, left:right] = class_id
    return pixels, classes


def write_picture(folder, name, boxes, **size):
    """A picture of a source with its class ids."""
    pixels, classes = draw_boxes(boxes, **size)
    for kind, content in (("images", pixels[:, :, ::-1]), ("masks", classes)):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / kind / f"{name}.png"), content)
    (folder / "classes.json").write_text(json.dumps(CLASSES))
    return folder
