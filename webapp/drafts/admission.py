"""Who may send over a project's socket, asked at the door and again for every message."""

from dataclasses import dataclass
from importlib import import_module
from uuid import UUID

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.utils.crypto import constant_time_compare

from webapp.accounts.models import User
from webapp.errors import NotSignedIn
from webapp.projects import queries
from webapp.projects.roles import Member, Who

AT_ONCE, PER_S = 60, 20
"""Messages that a person may send in one go (an outbox), and on and on."""


@dataclass(frozen=True, slots=True)
class Admission:
    """A session and a project: who that is, read anew each time."""

    session_key: str
    project: UUID

    def member(self, need: Who) -> Member:
        """The person of the session, as a member of the project with at least this role.

        Raises:
            NotSignedIn: the session ended, the password changed, or the account is closed.
            NotFound, NotAllowed: as `projects.queries.member`.
        """
        return queries.member(self._user(), self.project, need)

    def _user(self) -> User:
        session: SessionBase = import_module(settings.SESSION_ENGINE).SessionStore(self.session_key)
        user = User.objects.filter(pk=session.get(SESSION_KEY, 0), is_active=True).first()
        if user is None or not constant_time_compare(
            session.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash()
        ):
            raise NotSignedIn("You were signed out. Sign in here; your draft is kept.")
        return user


class TokenBucket:
    """A rate limit that delays: so many at once, and then so many a second."""

    def __init__(self, *, at_once: float, per_s: float, now: float) -> None:
        self._at_once = at_once
        self._per_s = per_s
        self._left = at_once
        self._at = now

    def delay_s(self, now: float) -> float:
        """Take one; how long to wait before going on with it."""
        self._left = min(self._at_once, self._left + (now - self._at) * self._per_s) - 1
        self._at = now
        return max(0.0, -self._left / self._per_s)


class MessageRates:
    """How fast each person may send in this process.

    The limit is the person's: another page, or a socket opened anew, is no new allowance.
    """

    def __init__(self, *, at_once: float = AT_ONCE, per_s: float = PER_S) -> None:
        self._at_once = at_once
        self._per_s = per_s
        self._buckets: dict[int, TokenBucket] = {}

    def delay_s(self, owner: int, now: float) -> float:
        """Take one message of this person (primary key); how long to wait before doing it."""
        if owner not in self._buckets:
            self._buckets[owner] = TokenBucket(at_once=self._at_once, per_s=self._per_s, now=now)
        return self._buckets[owner].delay_s(now)


process_rates = MessageRates()
