"""Passwords at the door: signing in and changing them, with a brake on guessing."""

from django.contrib.auth import authenticate, login, update_session_auth_hash
from django.core.cache import cache
from django.http import HttpRequest

from webapp.accounts import actions
from webapp.accounts.events import PasswordChanged
from webapp.accounts.models import User
from webapp.errors import BadInput, TooMany
from webapp.realtime.publish import EVERYONE, publish_to

FAILURES_ALLOWED = 10
WINDOW_S = 300


def sign_in(request: HttpRequest, username: str, password: str) -> User:
    """Sign a person in on this session.

    Raises:
        BadInput: user name and password do not belong together.
        TooMany: ten wrong passwords for this name within five minutes; the right one has to wait,
            too, or the answer would tell a guesser which one it is.
    """
    user = _authenticated(request, username, password)
    if user is None:
        raise BadInput("User name and password do not belong together. Check both.")
    login(request, user)
    return user


def change_password(request: HttpRequest, user: User, *, current: str, new: str) -> None:
    """Give the person of this session a new password; their other sessions are over.

    Raises:
        BadInput: `current` is not their password, or `new` will not do.
        TooMany: as for `sign_in`; a session left open is no way round the brake.
    """
    known = _authenticated(request, user.username, current)
    if known is None:
        raise BadInput("That is not your current password. It was not changed; type it again.")
    actions.check_password(known, new, refusal="The password was not changed.")
    known.set_password(new)
    known.save(update_fields=["password"])
    update_session_auth_hash(request, known)
    publish_to(EVERYONE, PasswordChanged(type="account.password", user=known.uid))


def _authenticated(request: HttpRequest, username: str, password: str) -> User | None:
    """Whose name and password these are; None, and one failure more, where they are nobody's."""
    key = f"sign-in.{username.lower().encode().hex()[:200]}"
    failures = int(cache.get_or_set(key, 0, WINDOW_S) or 0)
    if failures >= FAILURES_ALLOWED:
        raise TooMany("Too many wrong passwords for this name. Try again in five minutes.")
    user = authenticate(request, username=username, password=password)
    if not isinstance(user, User):
        _count_failure(key)
        return None
    cache.delete(key)
    return user


def _count_failure(key: str) -> None:
    try:
        cache.incr(key)
    except ValueError:
        # The window ended in between.
        cache.set(key, 1, WINDOW_S)
