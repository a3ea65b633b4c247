"""A contact sheet: what outlines look like after 1, 3 and 5 clicks, the worst ones included."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from inference.clicks import PixelClick
from inference.evaluation.click_simulator import IGNORED, OBJECT
from inference.evaluation.evaluate import ClickRules, ObjectResult, Step, click_object
from inference.evaluation.methods import BoolMap, Method
from inference.evaluation.object_list import ListedObject, pictures_with
from inference.evaluation.objects import LabelledPicture, LabelledSource, Target
from inference.evaluation.picture_reader import choose_bands

SHOWN_CLICKS = (1, 3, 5)
RANKED_BY_CLICK = 5
TILE_PX = 190
GAP_PX = 6
CAPTION_PX = 18
COLUMNS = 2
SIDE_PER_LONGEST = 2.0
LARGEST_SIDE_PER_LONGEST = 4.0
"""How far a tile reaches to show what an outline takes in by mistake."""
SMALLEST_SIDE_PX = 24

TRUTH, FOUND, UNKNOWN = (86, 180, 233), (230, 60, 20), (120, 120, 120)
INCLUDE, EXCLUDE = (0, 220, 90), (255, 40, 200)

RgbPixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Chosen:
    """An object of the sheet and why it is there: "worst", "between" or "best"."""

    result: ObjectResult
    why: str


def iou_after(result: ObjectResult, clicks: int) -> float:
    """IoU after so many clicks; an object that ended early holds its last value."""
    return result.ious[min(clicks, len(result.ious)) - 1]


def choose_objects(results: Sequence[ObjectResult], count: int) -> list[Chosen]:
    """At most `count`: a quarter the worst, a quarter the best, the rest evenly from between.

    In that order, by IoU after `RANKED_BY_CLICK` clicks.
    """
    ranked = sorted(results, key=lambda r: (iou_after(r, RANKED_BY_CLICK), r.key))
    count = min(count, len(ranked))
    ends = max(1, count // 4) if count > 2 else 0
    middle = ranked[ends : len(ranked) - ends]
    steps = np.linspace(0, len(middle) - 1, count - 2 * ends).round().astype(int)
    return [
        *(Chosen(result, "worst") for result in ranked[:ends]),
        *(Chosen(middle[step], "between") for step in steps),
        *(Chosen(result, "best") for result in ranked[len(ranked) - ends :]),
    ]


def draw_sheet(
    method: Method,
    sources: Sequence[LabelledSource],
    wanted: Sequence[ListedObject],
    rules: ClickRules,
    chosen: Sequence[Chosen],
    *,
    bands: Sequence[int] | None,
) -> Image.Image:
    """The sheet. The chosen objects are clicked again, since no masks are kept of the others.

    Args:
        method: what answers.
        sources: hold the objects.
        wanted: what was evaluated.
        rules: as in the evaluation, so that the clicks are the same.
        chosen: what to draw, in this order.
        bands: of the pictures, from 1; None = the first three, or one three times.

    Raises:
        ObjectMissing: the sources lack an object.
    """
    rows: dict[str, Image.Image] = {}
    keys = {entry.result.key: entry for entry in chosen}
    again = [entry for entry in wanted if entry.key in keys]
    for picture, target in pictures_with(sources, again):
        steps = list(islice(click_object(method, picture, target, rules), max(SHOWN_CLICKS)))
        shown = choose_bands(picture.pixels, wanted=bands, count=3)
        rows[target.key] = draw_row(shown, picture, target, steps, keys[target.key].why)
    width, height = next(iter(rows.values())).size
    down = -(-len(chosen) // COLUMNS)
    head = 2 * CAPTION_PX
    sheet = Image.new("RGB", (COLUMNS * width, head + down * height), "white")
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=13)
    counts = ", ".join(
        f"{sum(entry.why == why for entry in chosen)} {why}" for why in ("worst", "between", "best")
    )
    draw.text(
        (GAP_PX, 8),
        f"{counts} of {len(wanted)} objects by IoU after {RANKED_BY_CLICK} clicks. Blue: truth; "
        "red: outline; grey: unknown; green and pink dots: include and exclude clicks.",
        "black",
        font,
    )
    for place, entry in enumerate(chosen):
        column, row = divmod(place, down)
        sheet.paste(rows[entry.result.key], (column * width, head + row * height))
    return sheet


def draw_row(
    shown: RgbPixels,
    picture: LabelledPicture,
    target: Target,
    steps: Sequence[Step],
    why: str,
) -> Image.Image:
    """One object: its picture, then outlines after each of `SHOWN_CLICKS`, and what it is."""
    truth = picture.truth_of(target)
    kept = [steps[min(clicks, len(steps)) - 1] for clicks in SHOWN_CLICKS]
    view = View.around(target, [step.mask for step in kept])
    plain = view.cut(shown)
    unknown = view.cut((truth == IGNORED).astype(np.uint8)) > 0
    wanted = view.cut((truth == OBJECT).astype(np.uint8))
    plain[unknown] = (plain[unknown] // 2 + np.array(UNKNOWN, np.uint8) // 2).astype(np.uint8)
    width = (len(SHOWN_CLICKS) + 1) * (TILE_PX + GAP_PX)
    row = Image.new("RGB", (width, TILE_PX + 2 * CAPTION_PX), "white")
    draw, font = ImageDraw.Draw(row), ImageFont.load_default(size=12)
    what = f"{why}: {target.source}, {target.class_name}, {target.area_px} px, {target.key}"
    draw.text((0, 2), what, "black", font)
    row.paste(Image.fromarray(plain), (0, CAPTION_PX))
    for place, (clicks, step) in enumerate(zip(SHOWN_CLICKS, kept, strict=True), 1):
        tile = plain.copy()
        trace(tile, wanted, TRUTH)
        trace(tile, view.cut(step.mask.astype(np.uint8)), FOUND)
        for one in steps[:clicks]:
            mark(tile, view, one.click)
        left = place * (TILE_PX + GAP_PX)
        row.paste(Image.fromarray(tile), (left, CAPTION_PX))
        made = min(clicks, len(steps))
        said = f"{made} click{'' if made == 1 else 's'}: IoU {step.iou:.2f}"
        draw.text((left, TILE_PX + CAPTION_PX + 1), said, "black", font)
    return row


@dataclass(frozen=True, slots=True)
class View:
    """The square of native pixels that a tile shows; it may reach beyond the picture."""

    row: int
    col: int
    side: int

    @classmethod
    def around(cls, target: Target, masks: Sequence[BoolMap]) -> "View":
        """Round the object, with as much of the masks as may be."""
        top, left, height, width = target.box
        longest = max(height, width)
        middle = top + height / 2, left + width / 2
        reach = SIDE_PER_LONGEST * longest / 2
        for mask in masks:
            rows, cols = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
            if rows.size:
                ends = [middle[0] - rows[0], rows[-1] + 1 - middle[0]]
                ends += [middle[1] - cols[0], cols[-1] + 1 - middle[1]]
                reach = max(reach, 1.1 * float(max(ends)))
        reach = min(reach, LARGEST_SIDE_PER_LONGEST * longest / 2)
        side = max(SMALLEST_SIDE_PX, round(2 * reach))
        return cls(round(middle[0] - side / 2), round(middle[1] - side / 2), side)

    def cut(self, pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """The tile of H x W (x 3) pixels; what is beyond them is 0."""
        height, width = pixels.shape[:2]
        part = np.zeros((self.side, self.side, *pixels.shape[2:]), np.uint8)
        top, left = max(0, self.row), max(0, self.col)
        bottom, right = min(height, self.row + self.side), min(width, self.col + self.side)
        part[top - self.row : bottom - self.row, left - self.col : right - self.col] = pixels[
            top:bottom, left:right
        ]
        is_shrunk = self.side > TILE_PX and pixels.ndim == 3
        flags = cv2.INTER_AREA if is_shrunk else cv2.INTER_NEAREST
        return np.asarray(cv2.resize(part, (TILE_PX, TILE_PX), interpolation=flags), np.uint8)

    def place(self, click: PixelClick) -> tuple[int, int]:
        """(x, y) of a click in the tile."""
        scale = TILE_PX / self.side
        return int((click.col + 0.5 - self.col) * scale), int((click.row + 0.5 - self.row) * scale)


def trace(tile: RgbPixels, mask: npt.NDArray[np.uint8], colour: tuple[int, int, int]) -> None:
    """Draw the outlines of a mask of the tile."""
    found, _ = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(tile, found, -1, colour, thickness=1)


def mark(tile: RgbPixels, view: View, click: PixelClick) -> None:
    """Draw a click."""
    cv2.circle(tile, view.place(click), 4, (0, 0, 0), thickness=-1)
    cv2.circle(tile, view.place(click), 3, INCLUDE if click.include else EXCLUDE, thickness=-1)
