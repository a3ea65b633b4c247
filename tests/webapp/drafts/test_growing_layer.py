"""Drafts on a layer to which files are added while they are open."""

import pytest

from inference.messages import WindowMessage
from inference.windows import Grid, Window
from tests.drawn.engine_answers import draw_pass
from tests.drawn.labelled_project import LEFT, RESOLUTION, SIDE, TOP, member_of, prepare
from webapp.drafts import actions, queries
from webapp.drafts.passes import record_pass
from webapp.ids import new_uid
from webapp.imaging import mosaic
from webapp.imaging.models import Image, Layer
from webapp.imaging.verdict import PERCENTS, BandValues, CogFacts


@pytest.fixture
def layer(cast) -> Layer:
    return prepare(cast.project)


@pytest.fixture
def ana(cast, layer):
    return member_of(cast.project, cast.ana)


def click(ana, draft, step):
    actions.add_click(
        ana, draft.uid, step=step, x_map=LEFT + 100 + step, y_map=TOP - 100, include=True
    )


def answer(draft, request, window):
    mask = draw_pass(request).mask.model_copy(update={"window": WindowMessage(**window)})
    record_pass(draft.pk, request, draw_pass(request, mask=mask))


def add_file(layer, *, cols, rows, side=50):
    """A file whose first pixel lies `cols` right of the grid's first one and `rows` below it."""
    facts = CogFacts(
        width=side,
        height=side,
        count=3,
        dtype="uint8",
        left=layer.left + cols * layer.resolution,
        top=layer.top - rows * layer.resolution,
        resolution=layer.resolution,
        crs_wkt="",
        unit_name="metre",
        metres_per_unit=1.0,
        band_roles=("red", "green", "blue"),
        band_values=(BandValues(side**2, (7.0,) * len(PERCENTS)),) * 3,
        footprint_wkb=b"",
        sha256="ab" * 32,
        nodata=None,
        has_mask=False,
        warped=(),
        resampling="none",
    )
    image = Image(
        layer=layer,
        uploaded_by=layer.project.created_by,
        name="next.tif",
        size_bytes=1,
        width=side,
        height=side,
    )
    mosaic.lay_into(layer, image, facts)


def ground(request):
    """Map coordinates of the upper left and lower right corner of the mask that is fed back."""
    window = Window(**request.previous.window.model_dump())
    grid = Grid(**request.source.grid.model_dump())
    size = window.size
    return grid.to_map(*window.to_pixel(0, 0)), grid.to_map(*window.to_pixel(size, size))


WINDOW = {"col": 144.0, "row": 144.0, "factor": 0.5, "size": 32}
ON_MAP = (
    pytest.approx((LEFT + 144 * RESOLUTION, TOP - 144 * RESOLUTION), abs=1e-6),
    pytest.approx((LEFT + 160 * RESOLUTION, TOP - 160 * RESOLUTION), abs=1e-6),
)


@pytest.mark.parametrize(
    ("cols", "rows", "moved"),
    [(-37, -1201, (181, 1345)), (-5, 30, (149, 144)), (SIDE, SIDE, (144, 144))],
    ids=["left and up", "left", "right and down"],
)
def test_mask_stays_on_its_ground_when_the_layer_grows(ana, layer, cols, rows, moved):
    draft = actions.open_draft(ana, new_uid(), layer=layer.uid, label_class=None, start_label=None)
    click(ana, draft, 1)
    answer(draft, queries.segment_for(draft.pk), WINDOW)
    add_file(layer, cols=cols, rows=rows)

    click(ana, draft, 2)
    request = queries.segment_for(draft.pk)
    window = request.previous.window
    assert (window.col, window.row, window.factor, window.size) == (*moved, 0.5, 32)
    assert ground(request) == ON_MAP


def test_pass_that_was_asked_for_before_the_layer_grew_counts_from_the_grid_it_was_told(ana, layer):
    draft = actions.open_draft(ana, new_uid(), layer=layer.uid, label_class=None, start_label=None)
    click(ana, draft, 1)
    request = queries.segment_for(draft.pk)
    add_file(layer, cols=-16, rows=-8)
    answer(draft, request, WINDOW)

    click(ana, draft, 2)
    assert ground(queries.segment_for(draft.pk)) == ON_MAP
