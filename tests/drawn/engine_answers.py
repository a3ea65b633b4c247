"""What an engine would say, drawn: masks, outlines and passes, without a network."""

import base64
import zlib

import shapely

from inference.messages import (
    ClickMessage,
    FileSource,
    GridMessage,
    Hello,
    LayerSource,
    ModelInfo,
    PassDone,
    Segment,
    ValueRange,
    WindowMask,
    WindowMessage,
)

SIZE = 32


def draw_mask(value: int = 200, size: int = SIZE) -> WindowMask:
    """A mask of one grey, with `value` in every pixel."""
    return WindowMask(
        window=WindowMessage(col=0, row=0, factor=1, size=size),
        data=base64.b64encode(zlib.compress(bytes([value % 256]) * size**2)).decode(),
    )


def disc(x: float, y: float, radius: float) -> bytes:
    """WKB of a round outline whose coordinates use all their bits."""
    polygon = shapely.Point(x, y).buffer(radius)
    return shapely.to_wkb(shapely.MultiPolygon([polygon]), byte_order=1)


def draw_pass(request: Segment, number: int = 1, limit: int = 3, **other) -> PassDone:
    """A pass for a request: a disc around its newest click that grows with clicks and passes."""
    click = request.clicks[-1]
    outline = disc(click.x, click.y, 2 + len(request.clicks) + 0.1 * number)
    values = {
        "request": request.request,
        "draft": request.draft,
        "step": request.step,
        "number": number,
        "limit": limit,
        "settled": number == limit,
        "mask": draw_mask(100 + 10 * number + request.step),
        "outline": base64.b64encode(outline).decode(),
        "model_sha256": "ab" * 32,
        "preset": "interactive",
        "network_s": 0.1,
        "rest_s": 0.01,
    }
    return PassDone(type="pass", **{**values, **other})


def draw_request(draft: str = "draft", step: int = 1, request: str = "") -> Segment:
    """A request about a drawn layer, with a click per step."""
    return Segment(
        type="segment",
        request=request or f"{draft}/{step}",
        draft=draft,
        step=step,
        source=LayerSource(
            key="layer/version",
            files=[FileSource(path="drawn.tif", col=0, row=0)],
            grid=GridMessage(left=0, top=100, resolution=1, width=100, height=100),
            bands=[1, 2, 3],
            ranges=[ValueRange(low=0, high=255)] * 3,
        ),
        clicks=[ClickMessage(x=10.5 + index, y=50.5, include=True) for index in range(step)],
    )


def draw_hello(capacity: int = 2, device: str = "drawn device") -> Hello:
    """What an engine says first."""
    return Hello(
        type="hello",
        name="drawn",
        device=device,
        version="0",
        capacity=capacity,
        models=[ModelInfo(name="tiny", architecture="drawn", sha256="ab" * 32, size=SIZE, bands=3)],
    )
