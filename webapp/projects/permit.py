"""The guard in front of every REST endpoint."""

from typing import cast

from django.http import HttpRequest
from ninja.utils import check_csrf

from webapp.accounts.models import User
from webapp.errors import NotAllowed, NotSignedIn
from webapp.projects import queries
from webapp.projects.roles import OPERATIONS, Member, Who, is_in_project


class Permit:
    """Lets a request through to the operation it is made for, or says why not.

    It is django-ninja's `auth` of that operation, so it runs before any input is looked at. What
    it found out is handed on in `request.auth`: see `acting_member` and `acting_user`.
    """

    def __init__(self, operation: str) -> None:
        if operation not in OPERATIONS:
            raise LookupError(
                f"The operation {operation!r} is not in webapp/projects/roles.py: OPERATIONS. "
                "Say there who may use it."
            )
        self.who = OPERATIONS[operation]

    def __call__(self, request: HttpRequest) -> object:
        """A `Member` for an address inside a project, else the user.

        Raises:
            NotSignedIn, NotFound, NotAllowed: as the table says.
        """
        if check_csrf(request) is not None:
            raise NotAllowed("This request did not come from the page. Load the page again.")
        if self.who is Who.PUBLIC:
            return request.user
        user = request.user
        if not isinstance(user, User):
            raise NotSignedIn
        if is_in_project(self.who):
            if request.resolver_match is None:
                raise LookupError("A permit needs an address that was resolved.")
            return queries.member(user, request.resolver_match.kwargs["project"], self.who)
        if self.who is Who.STAFF and not user.is_staff:
            raise NotAllowed("Only a site administrator may do that.")
        return user


def acting_member(request: HttpRequest) -> Member:
    """Who acts, inside a project: what the endpoint's permit found."""
    return cast("Member", request.auth)  # type: ignore[attr-defined] # set by django-ninja


def acting_user(request: HttpRequest) -> User:
    """Who acts, outside a project."""
    return cast("User", request.auth)  # type: ignore[attr-defined] # set by django-ninja
