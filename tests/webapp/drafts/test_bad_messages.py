"""Every bad click and message of docs/bad-input.md, sent to the project's socket."""

import json

import pytest
from asgiref.sync import sync_to_async

from tests.bad_input import sentences
from tests.drawn.labelled_project import LEFT, draw_label
from tests.project_page import X, Y
from webapp.drafts.admission import MessageRates
from webapp.drafts.consumers import LONGEST_MESSAGE
from webapp.drafts.models import Draft, DraftStep
from webapp.ids import new_uid
from webapp.labels.models import Edit, Label

pytestmark = pytest.mark.django_db(transaction=True)

CLICKS = {
    "Click outside the image": {"x": LEFT - 5},
    "Click where the image is empty": {"x": LEFT + 500},
    "Click that is not a number": {"x": float("nan")},
    "Click at infinity": {"x": float("-inf")},
    "Click that leaves one out": {"step": 4},
    "Other click under a number that is taken": {"step": 1, "x": X + 9},
    "Click on a draft that is not there": {"draft": "00000000-0000-7000-8000-000000000000"},
}
MESSAGES = {
    "No JSON": "click here",
    "JSON that is no message": "[1, 2]",
    "Unknown message": '{"type": "draft.fly", "id": 7}',
    "Message with a part missing": '{"type": "draft.undo", "id": 7}',
    "Message with a part too many": json.dumps(
        {"type": "draft.undo", "id": 7, "draft": str(new_uid()), "force": True}
    ),
    "Message too long": '{"type": "draft.undo", "id": 7, "draft": "' + "x" * LONGEST_MESSAGE + '"}',
    "Brackets without end": "[" * LONGEST_MESSAGE,
}
CLICKED, SAID = sentences("Clicks"), sentences("Messages")


@sync_to_async
def everything():
    """All rows that a message may touch."""
    return [
        list(model.objects.order_by("pk").values()) for model in (Draft, DraftStep, Label, Edit)
    ]


async def one_click(server):
    page = await server.page()
    await page.clicked()
    return page


def test_document_and_tests_name_the_same_clicks_and_messages():
    others = {"Class that is not in the project", "Label that went on meanwhile"}
    assert set(CLICKED) == {*CLICKS, *others}
    assert set(SAID) == {*MESSAGES, "1,000 messages at once"}


@pytest.mark.parametrize("case", CLICKS)
async def test_bad_click_is_told_as_the_document_says(case, server):
    page = await one_click(server)
    before = await everything()
    click = {"draft": page.draft, "step": 2, "x": X, "y": Y, "include": True, **CLICKS[case]}

    refused = await page.ask("draft.click", **click)

    assert (refused["type"], refused["id"]) == ("error", page.last_id)
    assert refused["sentence"] == CLICKED[case]
    assert await everything() == before
    assert (await page.click(2))["type"] == "ok"
    await page.socket.close()


async def test_class_that_is_not_in_the_project_is_told_as_the_document_says(server):
    page = await one_click(server)
    before = await everything()

    refused = await page.ask("draft.classify", draft=page.draft, label_class=str(new_uid()))

    assert refused["sentence"] == CLICKED["Class that is not in the project"]
    assert await everything() == before
    await page.socket.close()


async def test_label_that_went_on_meanwhile_is_told_as_the_document_says(server):
    made = await sync_to_async(draw_label)(server.cast, server.cast.max)
    page = await server.page()
    await page.open(start_label=str(made.labels[0].uid))
    await page.click(1)
    server.engine.answer(await server.engine.request(), 3)
    await page.hear("draft.outlined")
    await sync_to_async(Label.objects.update)(revision=2)
    before = await everything()

    await page.save()
    refused = await page.hear("error")

    assert refused["sentence"] == CLICKED["Label that went on meanwhile"]
    after = await everything()
    assert after[1:] == before[1:]
    assert [draft["state"] for draft in after[0]] == ["open"]
    await page.socket.close()


@pytest.mark.parametrize("case", MESSAGES)
async def test_bad_message_is_told_as_the_document_says(case, server):
    page = await one_click(server)
    before = await everything()

    await page.socket.send(MESSAGES[case])
    refused = await page.hear("error")

    assert refused["code"] == "bad_input"
    assert refused["sentence"] == SAID[case]
    assert await everything() == before
    assert (await page.click(2))["type"] == "ok"
    await page.socket.close()


async def test_flood_of_one_person_is_held_back_while_another_works(server):
    # Nothing more than the first 60 in the time of any test.
    server.start(rates=MessageRates(at_once=60, per_s=0.001))
    flooding, working = await server.page("ana"), await server.page("max")
    for _ in range(1000):
        await flooding.send("draft.show", draft=flooding.draft)

    request = await working.clicked()
    server.engine.answer(request, 3)
    await working.hear("draft.outlined")
    assert (await working.save())["type"] == "ok"
    await working.hear("draft.saved")

    assert await sync_to_async(Label.objects.count)() == 1
    assert flooding.socket.unread <= 61  # the notice of Max's label, too
    assert (await flooding.hear("error"))["code"] == "not_found"
    await flooding.socket.drop()
    await working.socket.close()


def test_second_socket_of_a_person_is_no_new_allowance():
    rates = MessageRates(at_once=2, per_s=1)
    ana, max_ = 1, 2
    assert [rates.delay_s(ana, 10.0) for _ in range(3)] == [0, 0, 1.0]
    assert rates.delay_s(max_, 10.0) == 0
    assert rates.delay_s(ana, 11.0) == 1.0
