"""Signing in, with a brake on guessing passwords."""

from django.contrib.auth import authenticate, login
from django.core.cache import cache
from django.http import HttpRequest

from webapp.accounts.models import User
from webapp.errors import BadInput, TooMany

FAILURES_ALLOWED = 10
WINDOW_S = 300


def sign_in(request: HttpRequest, username: str, password: str) -> User:
    """Sign a person in on this session.

    Raises:
        BadInput: user name and password do not belong together.
        TooMany: ten wrong passwords for this name within five minutes; the right one has to wait,
            too, or the answer would tell a guesser which one it is.
    """
    key = f"sign-in.{username.lower().encode().hex()[:200]}"
    failures = int(cache.get_or_set(key, 0, WINDOW_S) or 0)
    if failures >= FAILURES_ALLOWED:
        raise TooMany("Too many wrong passwords for this name. Try again in five minutes.")
    user = authenticate(request, username=username, password=password)
    if not isinstance(user, User):
        _count_failure(key)
        raise BadInput("User name and password do not belong together. Check both.")
    cache.delete(key)
    login(request, user)
    return user


def _count_failure(key: str) -> None:
    try:
        cache.incr(key)
    except ValueError:
        # The window ended in between.
        cache.set(key, 1, WINDOW_S)
