"""What people send: the base of request bodies and of a socket's messages."""

from typing import Any

from pydantic import BaseModel, field_validator
from pydantic_core import PydanticCustomError


class Sent(BaseModel):
    """Text that cannot be kept is refused here, before it meets the database.

    PostgreSQL takes no text with the character of code 0, on SQLite such a text would end there
    for many programs.
    """

    @field_validator("*", mode="after")
    @classmethod
    def _can_be_kept(cls, value: Any) -> Any:  # noqa: ANN401 - of every field, whatever its type
        texts = [*value, *value.values()] if isinstance(value, dict) else [value]
        if any(isinstance(text, str) and "\0" in text for text in texts):
            raise PydanticCustomError("nul", "take out the character of code 0")
        return value
