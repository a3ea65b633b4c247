from uuid import UUID

from ninja import Schema
from pydantic import BaseModel, Field

from webapp.sent import Sent


# Every label holds one, so it is plain pydantic as `LabelOut` is.
class UserOut(BaseModel):
    """A person as other members see them."""

    uid: UUID
    username: str
    display_name: str


class SessionOut(Schema):
    """Who is signed in, and the token that every writing request must carry in X-CSRFToken."""

    user: UserOut | None
    may_create_users: bool
    csrf_token: str
    version: str


class SignIn(Sent):
    """What the sign-in form sends."""

    username: str = Field(max_length=150)
    password: str = Field(max_length=200)


class PasswordChange(Sent):
    """A new password for whoever is signed in."""

    current: str = Field(max_length=200)
    new: str = Field(min_length=8, max_length=200)


class UserIn(Sent):
    """A new account, made by a site administrator."""

    username: str = Field(min_length=1, max_length=150)
    display_name: str = Field(default="", max_length=150)
    password: str = Field(min_length=8, max_length=200)
