"""Drafts: which of an engine's passes are kept and shown."""

import base64
import zlib

import pytest

from inference.messages import WindowMask, WindowMessage
from tests.drawn.drafter import X, shown
from tests.drawn.engine_answers import draw_pass
from tests.drawn.polygons import square
from webapp.drafts import actions, queries
from webapp.drafts.passes import record_pass
from webapp.errors import BadInput
from webapp.labels.geometry import coordinates_from_wkb, shape_from_coordinates


def test_pass_is_kept_with_its_step_bit_for_bit(ana):
    draft = ana.open()
    ana.click(draft, 1)
    request = queries.segment_for(draft.pk)
    done = draw_pass(
        request,
        2,
        5,
        parts_left_out=2,
        specks_left_out=3,
        holes_filled=1,
        cut_at_image_edge=True,
        coarse_factor=4,
    )
    answer = record_pass(draft.pk, request, done)
    step = draft.steps.get()
    assert bytes(step.outline) == base64.b64decode(done.outline)
    assert bytes(step.mask) == base64.b64decode(done.mask.data)
    assert zlib.decompress(bytes(step.mask)) == bytes([121]) * 32**2
    assert (answer.number, answer.limit, answer.settled) == (2, 5, False)
    assert (answer.parts_left_out, answer.cut_at_image_edge, answer.coarse_factor) == (2, True, 4)
    assert (answer.specks_left_out, answer.holes_filled) == (3, 1)
    assert answer.outline == coordinates_from_wkb(bytes(step.outline))


def test_pass_kept_before_small_things_were_counted_is_still_shown(ana):
    draft = ana.open()
    ana.click(draft, 1)
    ana.answer(draft)
    step = draft.steps.get()
    del step.last_pass["specks_left_out"], step.last_pass["holes_filled"]
    step.save()
    assert (shown(draft).answer.specks_left_out, shown(draft).answer.holes_filled) == (0, 0)


def test_pass_for_clicks_that_are_not_there_any_more_is_dropped(ana):
    draft = ana.open()
    ana.click(draft, 1)
    request = queries.segment_for(draft.pk)
    actions.undo_click(ana.member, draft.uid)
    assert record_pass(draft.pk, request, draw_pass(request)) is None
    ana.click(draft, 1, x=X + 20)
    assert record_pass(draft.pk, request, draw_pass(request)) is None
    assert draft.steps.get().last_pass == {}


def test_pass_of_an_earlier_step_is_kept_and_not_shown(ana):
    draft = ana.open()
    ana.click(draft, 1)
    request = queries.segment_for(draft.pk)
    ana.click(draft, 2)
    assert record_pass(draft.pk, request, draw_pass(request, 1)) is None
    assert draft.steps.get(number=1).last_pass["number"] == 1


def test_step_that_runs_again_goes_on_showing_its_later_pass(ana):
    draft = ana.open()
    ana.click(draft, 1)
    ana.answer(draft, number=2, limit=4)
    assert ana.answer(draft, number=1, limit=4) is None
    assert shown(draft).answer.number == 2
    assert ana.answer(draft, number=3, limit=4).number == 3


def test_pass_for_a_closed_draft_is_dropped(ana):
    draft = ana.open()
    ana.click(draft, 1)
    request = queries.segment_for(draft.pk)
    actions.discard_draft(ana.member, draft.uid)
    assert record_pass(draft.pk, request, draw_pass(request)) is None


BOMB = base64.b64encode(zlib.compress(b"\0" * 10_000_000)).decode()


@pytest.mark.parametrize(
    "broken",
    [
        {"outline": base64.b64encode(b"\x01\x06").decode()},
        {"outline": "not base64!"},
        {
            "outline": base64.b64encode(
                shape_from_coordinates(square(0, 0)).wkb.replace(
                    bytes(8), b"\0\0\0\0\0\0\xf8\x7f", 1
                )
            ).decode()
        },
        {"mask": WindowMask(window=WindowMessage(col=0, row=0, factor=1, size=32), data=BOMB)},
        {"mask": WindowMask(window=WindowMessage(col=0, row=0, factor=1, size=32), data="eJw=")},
    ],
    ids=["cut short", "no base64", "not a number", "too large a mask", "too small a mask"],
)
def test_broken_answer_is_refused_and_the_outline_stays(ana, broken):
    draft = ana.open()
    ana.click(draft, 1)
    ana.answer(draft, number=1)
    before = shown(draft)
    with pytest.raises(BadInput):
        ana.answer(draft, number=2, **broken)
    assert shown(draft) == before


def test_stopped_draft_asks_for_nothing_and_saves_what_is_shown(ana):
    draft = ana.open()
    ana.click(draft, 1)
    ana.answer(draft, number=1)
    actions.stop_draft(ana.member, draft.uid)
    assert queries.segment_for(draft.pk) is None
    assert not shown(draft).answer.settled
    assert ana.saved(draft).edit is not None
