from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from webapp.accounts.models import User

GOOD = "seven-salt-grasses"


def make(client, **changed):
    body = {"username": "ben", "display_name": "Ben Okri", "password": GOOD, **changed}
    return client.post("/api/users", body, content_type="application/json")


def test_administrator_makes_an_account_that_can_sign_in(cast, client_of):
    made = make(client_of(cast.ada))
    assert made.status_code == 200
    assert made.json()["display_name"] == "Ben Okri"
    ben = User.objects.get(username="ben")
    assert ben.check_password(GOOD)
    assert not ben.is_staff


def test_taken_name_is_a_conflict(cast, client_of):
    taken = make(client_of(cast.ada), username="ana")
    assert taken.status_code == 409
    assert "ana" in taken.json()["sentence"]


@pytest.mark.parametrize("password", ["12345678901", "password", "short"])
def test_weak_password_is_refused_with_the_reason(cast, client_of, password):
    weak = make(client_of(cast.ada), password=password)
    assert weak.status_code == 422
    assert not User.objects.filter(username="ben").exists()


def test_name_with_odd_characters_is_refused(cast, client_of):
    assert make(client_of(cast.ada), username="ben <script>").status_code == 422


def test_list_of_accounts_leaves_closed_ones_out(cast, client_of):
    User.objects.filter(pk=cast.stan.pk).update(is_active=False)
    names = [user["username"] for user in client_of(cast.ada).get("/api/users").json()]
    assert names == ["ada", "ana", "max", "vera"]


def test_command_makes_an_account_and_prints_its_password(db):
    out = StringIO()
    call_command("create_user", "ben", "--name", "Ben Okri", stdout=out)
    password = out.getvalue().rpartition("Password: ")[2].strip()
    assert User.objects.get(username="ben").check_password(password)


def test_command_says_why_there_is_no_account(cast):
    with pytest.raises(CommandError, match="There is an account ana already"):
        call_command("create_user", "ana")
