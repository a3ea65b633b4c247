"""Rounds of odd messages against the real consumer, with what must hold after each."""

import asyncio
from collections import Counter
from random import Random
from typing import Any

from asgiref.sync import sync_to_async

from tests.drawn.engine_answers import draw_pass
from tests.fake_engine import FakeEngine
from tests.fuzz.messages import Talker
from tests.project_page import Page, Server, X, Y
from webapp.drafts.models import Draft, DraftStep
from webapp.ids import new_uid
from webapp.labels.models import Edit, Label

DEFINED = {"bad_input", "not_found", "conflict", "not_allowed", "unavailable"}
"""What a refusal may say; `internal` is a crash that was caught."""

MARK = 2_000_000
"""From here on the ids of the messages that follow each odd one; its own are smaller or odd."""


class PromptEngine(FakeEngine):
    """Answers each request at once with its last pass."""

    async def segment(self, request):
        yield draw_pass(request, 3)


async def odd_round(server: Server, random: Random, messages: int, tally: Counter[str]) -> None:
    """A page that sends odd messages; each must be answered, and good ones taken in between.

    Raises:
        AssertionError: no answer or an undefined one, rows that a refused message changed, or a
            page that cannot go on.
    """
    page = await server.page()
    drafts = [*[page.draft] * 3, str(new_uid()), str(new_uid())]
    known = {
        "draft": drafts,
        "layer": [server.layer],
        "label_class": [server.label_class],
        "start_label": await _label_ids(),
    }
    talker = Talker(random, known, (X, Y))
    assert (await page.open())["type"] == "ok"
    for number in range(messages):
        await _quiet(server)
        before = await _rows()
        text = talker.text()
        await page.socket.send(text)
        answers = await _answers_before_mark(page, MARK + number)
        kinds = {answer.get("code", "ok") for answer in answers}
        assert kinds, f"no answer to {text}"
        assert kinds <= {*DEFINED, "ok"}, f"{answers} to {text}"
        assert all(answer.get("sentence", "ok") for answer in answers), text
        if "ok" not in kinds:
            assert await _rows() == before, f"changed by {text}"
        tally[min(kinds)] += 1
    await _quiet(server)
    await page.socket.close()


async def _answers_before_mark(page: Page, mark: int) -> list[dict[str, Any]]:
    """What is said to the last message; a good one that is sent after it tells where that ends."""
    await page.socket.send({"type": "draft.show", "id": mark, "draft": page.draft})
    answers = []
    while (said := await page.socket.receive_until("ok", "error"))["id"] != mark:
        answers.append(said)
    assert said["type"] == "ok", said
    return answers


async def _quiet(server: Server) -> None:
    """Wait for the runs under way, so that only the next message can change rows."""
    tasks = [run.task for run in server.runner._runs.values() if run.task is not None]
    if tasks:
        await asyncio.wait(tasks)


@sync_to_async
def _rows() -> list[list[dict[str, Any]]]:
    models = (Draft, DraftStep, Label, Edit)
    return [list(model.objects.order_by("pk").values()) for model in models]


@sync_to_async
def _label_ids() -> list[str]:
    return [str(uid) for uid in Label.objects.values_list("uid", flat=True)[:5]]
