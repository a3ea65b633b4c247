"""A project's socket: whom it lets in, what pages hear of each other, and what it refuses."""

import pytest
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer

from tests.cast import PASSWORD
from tests.drawn.labelled_project import LEFT, draw_label, member_of
from tests.project_page import OWN, X
from webapp.drafts import consumers, saving
from webapp.drafts.admission import TokenBucket
from webapp.drafts.consumers import LONGEST_MESSAGE
from webapp.drafts.models import Draft
from webapp.ids import new_uid
from webapp.projects.actions import remove_member
from webapp.projects.models import Membership

pytestmark = pytest.mark.django_db(transaction=True)

in_thread = database_sync_to_async


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
        "engine": {"connected": True, "device": "fake", "model": "fake", "bands": [1, 2, 3]},
        "draft": None,
        "last_edit": 1,
    }
    await page.socket.close()


async def test_edit_made_while_the_page_is_let_in_is_in_the_welcome(server, monkeypatch):
    layer = get_channel_layer()
    join, joined = layer.group_add, []

    async def join_late(group, channel):
        if not joined:
            await in_thread(draw_label)(server.cast, server.cast.max)
        joined.append(group)
        await join(group, channel)

    monkeypatch.setattr(layer, "group_add", join_late)
    page = await server.page()
    assert page.welcome["last_edit"] == 1
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
        return saving.undo_with_drafts(member, uid=new_uid(), edit=saved["edit"]["uid"])

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


async def test_sockets_of_other_sessions_end_with_the_password(server, client_of, monkeypatch):
    monkeypatch.setattr(consumers, "NEW_SESSION_ARRIVES_S", 0.1)
    page, foreign = await server.page(), await server.page("max")
    client = await in_thread(client_of)(server.cast.ana)  # a session of its own
    body = {"current": PASSWORD, "new": "another-long-enough-one"}
    changed = await in_thread(client.put)("/api/password", body, content_type="application/json")
    assert changed.status_code == 200
    assert await page.socket.receive() == {"closed": 4401}
    assert (await foreign.open())["type"] == "ok"
    await foreign.socket.close()


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
