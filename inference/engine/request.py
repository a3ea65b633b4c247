import base64
from dataclasses import dataclass

import shapely
from shapely import MultiPolygon

from inference.messages import AllParts, PassDone, Segment
from inference.prediction.outline import Outline
from inference.prediction.prediction import PassResult, Prediction


@dataclass(slots=True, eq=False)
class EngineRequest:
    """A request that the engine holds.

    Attributes:
        segment: as it came.
        prediction: where it stands; None until its first pass (unpacking is the worker's job).
    """

    segment: Segment
    prediction: Prediction | None = None


@dataclass(frozen=True, slots=True)
class PassCost:
    """Where the time of a pass went, in seconds."""

    network_s: float
    rest_s: float


def pass_done(
    segment: Segment,
    found: PassResult,
    outline: Outline,
    cost: PassCost,
    *,
    model_sha256: str,
    preset: str,
) -> PassDone:
    """A pass as it is told to the server."""
    return PassDone(
        type="pass",
        request=segment.request,
        draft=segment.draft,
        step=segment.step,
        number=found.number,
        limit=found.limit,
        settled=found.is_settled,
        mask=found.mask.to_message(),
        outline=packed(outline.geometry),
        parts_left_out=outline.parts_left_out,
        specks_left_out=outline.specks_left_out,
        holes_filled=outline.holes_filled,
        repair_share=outline.repair_share,
        cut_at_image_edge=outline.is_cut_at_image_edge,
        coarse_factor=found.coarse_factor,
        native_share=found.native_share,
        all_parts=all_parts(found, outline.all_parts) if outline.all_parts else None,
        model_sha256=model_sha256,
        preset=preset,
        network_s=cost.network_s,
        rest_s=cost.rest_s,
    )


def all_parts(found: PassResult, outline: Outline) -> AllParts:
    """The outline with the parts that the rules drop.

    Native tiles go over the other parts alone, so these stay as coarse as the window.
    """
    return AllParts(
        outline=packed(outline.geometry),
        holes_filled=outline.holes_filled,
        cut_at_image_edge=outline.is_cut_at_image_edge,
        coarse_factor=max(1.0, found.mask.window.factor),
    )


def packed(geometry: MultiPolygon) -> str:
    """WKB in base64."""
    return base64.b64encode(shapely.to_wkb(geometry, byte_order=1)).decode("ascii")
