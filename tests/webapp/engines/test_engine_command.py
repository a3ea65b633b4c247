"""`manage.py engine`: tokens of engines that dial in from elsewhere."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from webapp.engines import registry
from webapp.engines.models import Engine

pytestmark = pytest.mark.django_db


def said(*arguments):
    out = StringIO()
    call_command("engine", *arguments, stdout=out)
    return out.getvalue()


def token_in(text):
    return text.splitlines()[1]


def test_token_is_printed_once_and_kept_as_a_hash():
    token = token_in(said("add", "GPU box"))
    assert len(token) >= 32
    row = Engine.objects.get()
    assert token not in str(vars(row))
    assert registry.engine_with_token(token) == row
    assert token not in said("list")


def test_name_that_is_taken_keeps_its_token():
    token = token_in(said("add", "GPU box"))
    with pytest.raises(CommandError, match="revoke that engine first"):
        said("add", "GPU box")
    assert registry.engine_with_token(token) is not None


def test_revoked_token_is_worthless_and_the_name_may_have_a_new_one():
    old = token_in(said("add", "GPU box"))
    said("revoke", "GPU box")
    assert registry.engine_with_token(old) is None
    assert "revoked" in said("list")
    new = token_in(said("add", "GPU box"))
    assert registry.engine_with_token(old) is None
    assert registry.engine_with_token(new) is not None


def test_revoking_an_engine_that_is_not_there_says_so():
    with pytest.raises(CommandError, match="There is no engine GPU box"):
        said("revoke", "GPU box")


def test_embedded_engine_is_neither_added_nor_revoked(settings):
    settings.ENGINE_TOKEN = "of this start"
    registry.engine_with_token("of this start")
    for what in ("add", "revoke"):
        with pytest.raises(CommandError):
            said(what, registry.EMBEDDED)
    assert registry.engine_with_token("of this start") is not None


def test_list_tells_who_is_connected_and_who_only_was():
    said("add", "here"), said("add", "lost"), said("add", "new")
    now = timezone.now()
    Engine.objects.filter(name="here").update(connected=True, last_seen_at=now, device="a GPU")
    Engine.objects.filter(name="lost").update(
        connected=True, last_seen_at=now - 2 * registry.AWAY_AFTER
    )
    here, lost, new = said("list").splitlines()
    assert "connected" in here
    assert "a GPU" in here
    assert "away" in lost
    assert "never seen" in new
