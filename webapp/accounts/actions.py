"""Writes to accounts."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from webapp.accounts.models import User
from webapp.errors import BadInput, Conflict


def create_user(
    *, username: str, display_name: str = "", password: str, staff: bool = False
) -> User:
    """A new account.

    Raises:
        BadInput: the user name or the password will not do.
        Conflict: the user name is taken.
    """
    user = User(username=username, first_name=display_name, is_staff=staff)
    try:
        user.clean_fields(exclude=["password"])
    except ValidationError as error:
        sentences = " ".join(error.messages)
        raise BadInput(f"No account was made. {sentences}") from error
    check_password(user, password, refusal="No account was made.")
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:
        raise Conflict(
            f"There is an account {username} already, so none was made. Choose another name."
        ) from error
    return user


def check_password(user: User, password: str, *, refusal: str) -> None:
    """Nothing, where a password will do.

    Args:
        user: whose it is to be; it must not resemble their name.
        password: as it was typed.
        refusal: says what was not done.

    Raises:
        BadInput: it will not do.
    """
    try:
        validate_password(password, user)
    except ValidationError as error:
        sentences = " ".join(error.messages)
        raise BadInput(f"{refusal} {sentences}") from error
