"""A page with a project open, through the real socket stack, with a fake engine."""

import base64

import pytest
from channels.db import database_sync_to_async

from inference.messages import Failed, Queued
from tests.drawn.labelled_project import LEFT, draw_label, member_of, prepare
from tests.project_page import OWN, Server, X
from webapp.drafts import actions
from webapp.drafts.admission import TokenBucket
from webapp.drafts.consumers import LONGEST_MESSAGE
from webapp.drafts.models import Draft, DraftState
from webapp.ids import new_uid
from webapp.labels.models import Label
from webapp.projects.actions import remove_member
from webapp.projects.models import Membership

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server(cast, client_of):
    prepare(cast.project)
    return Server(cast, client_of)


in_thread = database_sync_to_async


async def count_labels():
    return await in_thread(Label.objects.count)()


async def draft_row():
    return await in_thread(Draft.objects.get)()


# --- The door ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "origin", "code"),
    [
        ("nobody", OWN, 4401),
        ("stan", OWN, 4404),
        ("ana", b"http://elsewhere.example", 4403),
        ("ana", b"", 4403),
        ("vera", OWN, 0),
        ("ana", OWN, 0),
    ],
)
async def test_door_is_open_to_members_on_our_own_page(server, name, origin, code):
    socket = server.socket(name, origin)
    assert await socket.connect() == code
    if code == 0:
        await socket.close()


async def test_project_that_is_not_there_looks_like_one_that_is_not_mine(server):
    assert await server.socket("ana", project=new_uid()).connect() == 4404


async def test_welcome_says_engine_and_newest_edit(server):
    await in_thread(draw_label)(server.cast, server.cast.max)
    page = await server.page()
    assert page.welcome == {
        "type": "welcome",
        "engine": {"connected": True, "device": "fake", "model": "fake"},
        "draft": None,
        "last_edit": 1,
    }
    await page.socket.close()


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


# --- Reload, several pages ---------------------------------------------------------------------


async def test_reload_shows_the_draft_with_its_outline_and_runs_what_is_not_settled(server):
    page = await server.page()
    request = await page.clicked()
    server.engine.answer(request, 1)
    shown = (await page.hear("draft.outlined"))["answer"]
    await page.socket.close()
    again = await server.page()
    draft = again.welcome["draft"]
    assert (draft["uid"], draft["head"], draft["answer"]) == (page.draft, 1, shown)
    assert [(step["x"], step["include"]) for step in draft["steps"]] == [(X + 1, True)]
    assert (await server.engine.request()).clicks == request.clicks
    await again.socket.close()


async def test_run_of_a_closed_page_ends_and_frees_the_engine(server):
    page = await server.page()
    request = await page.clicked()
    await page.socket.close()
    assert server.engine.cancelled == [request.request]


async def test_second_page_of_the_same_person_leaves_the_run_alone_and_hears_it(server):
    page = await server.page()
    request = await page.clicked()
    second = await server.page()
    server.engine.answer(request, 1)
    assert (await second.hear("draft.outlined"))["draft"] == page.draft
    await second.socket.close()
    server.engine.answer(request, 3)
    assert (await page.hear("draft.outlined"))["answer"]["number"] == 1
    assert (await page.hear("draft.outlined"))["answer"]["number"] == 3
    await page.socket.close()


async def test_drafts_are_their_owners_alone_and_labels_are_everybodys(server):
    page, other = await server.page("ana"), await server.page("vera")
    request = await page.clicked()
    server.engine.answer(request, 3)
    await page.save()
    await page.hear("draft.saved")
    assert (await other.socket.receive())["type"] == "labels.changed"  # and nothing before it
    await page.socket.close()
    await other.socket.close()


async def test_draft_reopened_by_an_undo_is_shown_when_asked_for(server):
    page = await server.page()
    request = await page.clicked()
    server.engine.answer(request, 3)
    await page.save()
    saved = await page.hear("draft.saved")

    @in_thread
    def undo():
        member = member_of(server.cast.project, server.cast.ana)
        return actions.undo_with_drafts(member, uid=new_uid(), edit=saved["edit"]["uid"])

    await undo()
    heard = await page.hear("labels.changed")
    while heard["edit"]["inverts"] is None:
        heard = await page.hear("labels.changed")
    assert heard["edit"]["reopened_draft"] == page.draft
    await page.send("draft.show", draft=page.draft)
    state = await page.hear("draft.state")
    assert (state["draft"]["state"], state["draft"]["answer"]["settled"]) == ("open", True)
    await page.socket.close()


async def test_discarded_draft_is_restored(server):
    page = await server.page()
    request = await page.clicked()
    await page.ask("draft.discard", draft=page.draft)
    assert server.engine.cancelled == [request.request]
    await page.socket.close()
    page_again = await server.page()
    assert page_again.welcome["draft"] is None
    await page_again.ask("draft.restore", draft=page.draft)
    assert (await server.engine.request()).clicks == request.clicks
    await page_again.socket.close()


# --- Who may, and nonsense ---------------------------------------------------------------------


async def test_viewer_may_look_but_not_click(server):
    page = await server.page("vera")
    refused = await page.open()
    assert (refused["code"], refused["id"]) == ("not_allowed", page.last_id)
    assert refused["sentence"] == "You may look here but not label. Ask Max Maier."
    assert not await in_thread(Draft.objects.exists)()
    await page.socket.close()


async def test_membership_is_asked_again_for_every_message(server):
    page = await server.page()
    await page.open()
    await in_thread(Membership.objects.filter(user=server.cast.ana).update)(role="viewer")
    assert (await page.click(1))["code"] == "not_allowed"
    await in_thread(Membership.objects.filter(user=server.cast.ana).delete)()
    assert (await page.click(1))["code"] == "not_found"
    await page.socket.close()


async def test_member_who_is_taken_out_hears_nothing_more(server):
    page = await server.page()
    await in_thread(remove_member)(server.cast.project, server.cast.ana)
    assert await page.socket.receive() == {"closed": 4404}


async def test_socket_ends_with_the_session(server, client_of):
    page = await server.page()
    await page.open()
    client = await in_thread(client_of)(None)
    client.cookies["segmap_session"] = server.cookies["ana"]
    await in_thread(client.logout)()
    refused = await page.click(1)
    assert refused["code"] == "not_signed_in"
    assert refused["sentence"] == "You were signed out. Sign in here; your draft is kept."
    assert await page.socket.receive() == {"closed": 4401}


@pytest.mark.parametrize(
    ("said", "answered_id"),
    [
        ("no json", None),
        ("[]", None),
        ('{"type": "draft.fly", "id": 7}', 7),
        ('{"type": "draft.undo", "id": true}', None),
        ('{"type": "draft.undo", "id": 8, "draft": "x"}', 8),
        ('{"type": "draft.click", "id": 9, "step": 0}', 9),
        (f'{{"type": "draft.undo", "id": 3, "draft": "{new_uid()}", "more": 1}}', 3),
        (" " * (LONGEST_MESSAGE + 1), None),
    ],
)
async def test_message_that_makes_no_sense_is_an_error_and_no_crash(server, said, answered_id):
    page = await server.page()
    await page.socket.send(said)
    heard = await page.socket.receive()
    assert (heard["type"], heard["id"], heard["code"]) == ("error", answered_id, "bad_input")
    assert (await page.open())["type"] == "ok"
    await page.socket.close()


async def test_click_on_nodata_is_an_error_and_the_draft_goes_on(server):
    page = await server.page()
    request = await page.clicked()
    refused = await page.click(2, x=LEFT + 500)
    assert refused["sentence"] == "This part of the image is empty."
    server.engine.answer(request, 1)
    assert (await page.hear("draft.outlined"))["answer"]["step"] == 1
    await page.socket.close()


def test_rate_limit_lets_an_outbox_pass_and_slows_down_a_flood():
    bucket = TokenBucket(at_once=3, per_s=2, now=10.0)
    assert [bucket.delay_s(10.0) for _ in range(5)] == [0, 0, 0, 0.5, 1.0]
    assert bucket.delay_s(11.0) == 0.5
    assert [bucket.delay_s(100.0) for _ in range(4)] == [0, 0, 0, 0.5]
