"""A page with a project open, through the real socket stack, with a fake engine."""

import base64

import pytest
from channels.db import database_sync_to_async

from inference.messages import Failed, Queued
from tests.drawn.labelled_project import draw_label
from webapp.drafts.models import Draft, DraftState
from webapp.ids import new_uid
from webapp.labels.models import Label

pytestmark = pytest.mark.django_db(transaction=True)

in_thread = database_sync_to_async


async def count_labels():
    return await in_thread(Label.objects.count)()


async def draft_row():
    return await in_thread(Draft.objects.get)()


# --- From click to label -----------------------------------------------------------------------


async def test_click_gives_outlines_pass_after_pass_and_enter_a_label(server):
    page = await server.page()
    request = await page.clicked()
    outlines = []
    for number in (1, 2, 3):
        done = server.engine.answer(request, number)
        heard = await page.hear("draft.outlined")
        assert heard["draft"] == page.draft
        outlines.append(heard["answer"])
    assert [(o["number"], o["limit"], o["settled"]) for o in outlines] == [
        (1, 3, False),
        (2, 3, False),
        (3, 3, True),
    ]
    edit = new_uid()
    assert (await page.save(edit))["type"] == "ok"
    both = [await page.hear("draft.saved", "labels.changed") for _ in range(2)]
    heard = {message["type"]: message for message in both}
    saved = heard["draft.saved"]["edit"]
    assert saved["uid"] == str(edit)
    assert saved["labels"][0]["geometry"] == outlines[-1]["outline"]
    assert heard["labels.changed"]["edit"] == saved
    row = await in_thread(Label.objects.get)()
    assert bytes(row.geometry) == base64.b64decode(done.outline)
    await page.socket.close()


async def test_state_comes_before_ok_so_that_ok_means_done(server):
    page = await server.page()
    await page.send(
        "draft.open", draft=page.draft, layer=str(server.layer), label_class=None, start_label=None
    )
    kinds = [(await page.socket.receive())["type"] for _ in range(2)]
    assert kinds == ["draft.state", "ok"]
    await page.socket.close()


async def test_resent_click_and_save_change_nothing_and_are_answered_again(server):
    page, edit = await server.page(), new_uid()
    request = await page.clicked()
    server.engine.answer(request, 3)
    assert (await page.click(1))["type"] == "ok"
    await page.save(edit)
    first = await page.hear("draft.saved")
    assert (await page.click(1))["type"] == "ok"
    await page.send(
        "draft.save",
        draft=page.draft,
        edit=str(edit),
        label_class=str(server.label_class),
        certainty="sure",
        note="",
    )
    again = await page.hear("draft.saved")
    assert again["edit"] == first["edit"]
    assert await count_labels() == 1
    await page.socket.close()


async def test_newer_click_cancels_the_older_request(server):
    page = await server.page()
    first = await page.clicked()
    server.engine.answer(first, 1)
    await page.hear("draft.outlined")
    await page.click(2)
    second = await server.engine.request()
    assert server.engine.cancelled == [first.request]
    assert second.previous.data == (await stored_mask(1))
    server.engine.answer(second, 1)
    assert (await page.hear("draft.outlined"))["answer"]["step"] == 2
    await page.socket.close()


@in_thread
def stored_mask(step):
    return base64.b64encode(bytes(Draft.objects.get().steps.get(number=step).mask)).decode()


async def test_undo_shows_the_stored_outline_without_a_request(server):
    page = await server.page()
    request = await page.clicked()
    server.engine.answer(request, 3)
    first = (await page.hear("draft.outlined"))["answer"]
    await page.click(2)
    second = await server.engine.request()
    await page.send("draft.undo", draft=page.draft)
    state = await page.hear("draft.state")
    assert (state["draft"]["head"], state["draft"]["answer"]) == (1, first)
    assert (await page.hear("ok"))["id"] == page.last_id
    assert server.engine.cancelled == [second.request]
    assert server.engine.is_idle
    await page.ask("draft.redo", draft=page.draft)
    assert (await server.engine.request()).step == 2
    await page.socket.close()


async def test_all_parts_are_kept_without_a_request_and_after_a_reload(server):
    page = await server.page()
    request = await page.clicked()
    server.engine.answer(request, 3)
    await page.hear("draft.outlined")
    for _ in range(2):  # an outbox may send it again
        await page.send("draft.keep_all", draft=page.draft, keep_all=True)
        assert (await page.hear("draft.state"))["draft"]["keep_all"]
        assert (await page.hear("ok"))["id"] == page.last_id
    assert server.engine.is_idle
    reloaded = await server.page()
    assert reloaded.welcome["draft"]["keep_all"]
    for one in (page, reloaded):
        await one.socket.close()


async def test_stop_cancels_and_keeps_the_outline_that_came(server):
    page = await server.page()
    request = await page.clicked()
    server.engine.answer(request, 1)
    await page.hear("draft.outlined")
    await page.ask("draft.stop", draft=page.draft)
    assert server.engine.cancelled == [request.request]
    await page.save()
    saved = await page.hear("draft.saved")
    assert server.engine.is_idle
    assert len(saved["edit"]["labels"]) == 1
    await page.socket.close()


async def test_place_in_the_line_and_failure_reach_the_page(server):
    page = await server.page()
    request = await page.clicked()
    server.engine.say(Queued(type="queued", request=request.request, ahead=2, seconds=3.5))
    waiting = await page.hear("draft.waiting")
    assert (waiting["step"], waiting["ahead"], waiting["seconds"]) == (1, 2, 3.5)
    sentence = "The outline stopped at pass 2. Click again to go on."
    server.engine.say(Failed(type="failed", request=request.request, sentence=sentence))
    failed = await page.hear("draft.failed")
    assert (failed["step"], failed["sentence"]) == (1, sentence)
    await page.socket.close()


async def test_broken_answer_is_told_and_the_page_goes_on(server):
    page = await server.page()
    request = await page.clicked()
    server.engine.answer(request, 3, outline="not base64!")
    assert "stays as it was" in (await page.hear("draft.failed"))["sentence"]
    assert (await page.click(2))["type"] == "ok"
    await page.socket.close()


async def test_clicks_made_without_an_engine_run_when_it_is_back(server):
    server.engine.away = True
    page = await server.page()
    await page.open()
    assert (await page.click(1))["type"] == "ok"
    assert "clicks run when it is back" in (await page.hear("draft.failed"))["sentence"]
    server.engine.come_back()
    request = await server.engine.request()
    server.engine.answer(request, 3)
    assert (await page.hear("draft.outlined"))["answer"]["settled"]
    await page.socket.close()


async def test_page_hears_of_an_engine_that_comes_and_not_of_one_that_changes_nothing(server):
    server.engine.away = True
    page = await server.page()
    assert not page.welcome["engine"]["connected"]
    server.engine.come_back()
    server.engine.come_back()
    assert (await page.hear("engine.changed"))["engine"]["connected"]
    assert page.socket.unread == 0
    await page.socket.close()


# --- Saving while passes run -------------------------------------------------------------------


async def test_save_while_passes_run_is_settled_before_it_is_saved(server):
    page = await server.page()
    request = await page.clicked()
    server.engine.answer(request, 1)
    await page.hear("draft.outlined")
    assert (await page.save())["type"] == "ok"
    assert (await draft_row()).state == DraftState.SAVING
    assert await count_labels() == 0
    refused = await page.click(2)
    assert refused["code"] == "conflict"
    done = server.engine.answer(request, 3)
    await page.hear("draft.saved")
    row = await in_thread(Label.objects.get)()
    assert bytes(row.geometry) == base64.b64decode(done.outline)
    await page.socket.close()


async def test_save_takes_the_outline_shown_when_the_engine_is_lost(server):
    page = await server.page()
    request = await page.clicked()
    done = server.engine.answer(request, 2)
    await page.hear("draft.outlined")
    await page.save()
    server.engine.say(Failed(type="failed", request=request.request, sentence="Lost."))
    saved = await page.hear("draft.saved")
    assert len(saved["edit"]["labels"]) == 1
    row = await in_thread(Label.objects.get)()
    assert bytes(row.geometry) == base64.b64decode(done.outline)
    await page.socket.close()


async def test_save_does_not_wait_for_ever(server):
    server.start(save_within_s=0)
    page = await server.page()
    request = await page.clicked()
    server.engine.answer(request, 1)
    await page.hear("draft.outlined")
    await page.save()
    await page.hear("draft.saved")
    assert server.engine.cancelled == [request.request]
    await page.socket.close()


async def test_tool_is_free_for_the_next_draft_while_one_is_saved(server):
    page = await server.page()
    first = await page.clicked()
    server.engine.answer(first, 1)
    await page.save()
    saving, page.draft = page.draft, str(new_uid())
    second = await page.clicked()
    server.engine.answer(second, 3)
    server.engine.answer(first, 3)
    assert (await page.hear("draft.saved"))["draft"] == saving
    await page.save()
    assert (await page.hear("draft.saved"))["draft"] == page.draft
    assert await count_labels() == 2
    await page.socket.close()


async def test_save_goes_on_when_its_page_is_closed(server):
    page = await server.page()
    request = await page.clicked()
    server.engine.answer(request, 1)
    await page.hear("draft.outlined")
    await page.save()
    other = await server.page("max")
    await page.socket.close()
    server.engine.answer(request, 3)
    heard = await other.hear("labels.changed")
    assert heard["edit"]["author"]["display_name"] == "Ana Ruiz"
    await other.socket.close()


async def test_save_that_a_dead_server_left_is_finished_when_its_owner_is_back(server):
    page = await server.page()
    request = await page.clicked()
    server.engine.answer(request, 1)
    await page.hear("draft.outlined")
    await page.save()
    server.start()  # the old runner is gone, with all that it wanted
    page = await server.page()
    request = await server.engine.request()
    assert (await draft_row()).state == DraftState.SAVING
    server.engine.answer(request, 3)
    await page.hear("draft.saved")
    assert await count_labels() == 1
    await page.socket.close()


async def test_refinement_of_a_label_that_went_on_is_told_and_the_draft_stays(server):
    made = await in_thread(draw_label)(server.cast, server.cast.ana)
    label = made.labels[0]
    page = await server.page()
    await page.open(start_label=str(label.uid))
    await page.click(1)
    request = await server.engine.request()
    server.engine.answer(request, 3)
    await page.hear("draft.outlined")
    await in_thread(Label.objects.update)(revision=2)
    await page.save()
    heard = await page.hear("error")
    assert (heard["id"], heard["code"]) == (None, "conflict")
    assert heard["sentence"].startswith("Ana Ruiz changed #1")
    assert (await draft_row()).state == DraftState.OPEN
    await page.socket.close()
