import json
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.drawn.labelled_project import prepare
from tests.fuzz.budget import report, rounds
from tests.fuzz.messages import KINDS, ODD_VALUES
from tests.fuzz.socket_rounds import PromptEngine, odd_round
from tests.project_page import Server
from webapp.drafts.admission import MessageRates
from webapp.drafts.consumers import _id_in, _what_is_wrong
from webapp.drafts.schemas import from_page

MESSAGES_A_ROUND = 50


@pytest.fixture
def server(transactional_db, cast, client_of):
    prepare(cast.project)
    return Server(cast, client_of)


async def test_odd_messages_are_answered_and_refused_ones_change_nothing(server):
    tally = Counter()
    for seed, random in rounds(few=4):
        # Held back by nothing: the flood has a test of its own.
        server.start(MessageRates(at_once=1e9, per_s=1e9), engine=PromptEngine())
        try:
            await odd_round(server, random, MESSAGES_A_ROUND, tally)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error
    report(f"socket: {tally.total()} messages, answers {dict(tally)}, crashes 0")
    assert {"ok", "bad_input", "conflict"} <= set(tally)


JSON = st.recursive(
    st.sampled_from(ODD_VALUES) | st.text() | st.floats() | st.integers(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


MESSAGE = st.fixed_dictionaries(
    {"type": st.sampled_from(KINDS), "id": JSON},
    optional={"draft": st.uuids().map(str) | JSON, "step": JSON, "x": JSON, "note": JSON},
)


@given(st.text() | MESSAGE.map(json.dumps) | JSON.map(json.dumps))
@settings(deadline=None)
def test_any_text_is_a_message_or_says_what_is_wrong(text):
    wrong = None
    try:
        message = from_page.validate_json(text)
    except ValidationError as error:
        wrong = _what_is_wrong(error)
    if wrong is None:
        assert message.id >= 0
    else:
        assert wrong.startswith("Nothing was changed")
        assert isinstance(_id_in(text), int | None)
