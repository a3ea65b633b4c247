from typing import cast

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest
from django.middleware.csrf import get_token
from ninja import Router

from webapp.accounts import actions, queries
from webapp.accounts import sign_in as door
from webapp.accounts.models import User
from webapp.accounts.schemas import PasswordChange, SessionOut, SignIn, UserIn, UserOut

router = Router(tags=["accounts"])


@router.get("/session", response=SessionOut)
def get_session(request: HttpRequest) -> SessionOut:
    """Who is signed in here."""
    return _session(request)


@router.post("/session", response=SessionOut)
def sign_in(request: HttpRequest, body: SignIn) -> SessionOut:
    """Sign in; the answer holds a new token."""
    door.sign_in(request, body.username, body.password)
    return _session(request)


@router.delete("/session", response=SessionOut)
def sign_out(request: HttpRequest) -> SessionOut:
    """Sign out; nothing happens to those who are not signed in."""
    logout(request)
    return _session(request)


@router.put("/password", response=SessionOut)
def change_password(request: HttpRequest, body: PasswordChange) -> SessionOut:
    """Change one's own password; sessions elsewhere end, this one goes on under a new key."""
    user = cast("User", request.user)  # its permit asks for somebody who is signed in
    door.change_password(request, user, current=body.current, new=body.new)
    return _session(request)


@router.get("/users", response=list[UserOut])
def list_users(request: HttpRequest) -> list[UserOut]:
    """All accounts."""
    del request
    return queries.everyone()


@router.post("/users", response=UserOut)
def create_user(request: HttpRequest, body: UserIn) -> UserOut:
    """Make an account."""
    del request
    user = actions.create_user(
        username=body.username, display_name=body.display_name, password=body.password
    )
    return queries.user_out(user)


def _session(request: HttpRequest) -> SessionOut:
    user = request.user if isinstance(request.user, User) else None
    return SessionOut(
        user=queries.user_out(user) if user else None,
        may_create_users=bool(user and user.is_staff),
        csrf_token=get_token(request),
        version=settings.VERSION,
    )
