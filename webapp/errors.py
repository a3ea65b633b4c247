"""What can go wrong on purpose: a code for programs, a sentence for people, an HTTP status.

A socket answers with the same code and sentence (`realtime.messages.Refused`).
"""

from enum import StrEnum

from pydantic import BaseModel, JsonValue


class ErrorCode(StrEnum):
    """What a program may tell errors apart by."""

    NOT_SIGNED_IN = "not_signed_in"
    NOT_ALLOWED = "not_allowed"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    BAD_INPUT = "bad_input"
    TOO_MANY = "too_many"
    UNAVAILABLE = "unavailable"
    GONE = "gone"
    TOO_LARGE = "too_large"
    LOCKED = "locked"
    UNKNOWN_PROTOCOL = "unknown_protocol"
    UNKNOWN_MEDIA = "unknown_media"
    WRONG_CHECKSUM = "wrong_checksum"
    INTERNAL = "internal"


HTTP_STATUS: dict[ErrorCode, int] = {
    ErrorCode.NOT_SIGNED_IN: 401,
    ErrorCode.NOT_ALLOWED: 403,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.CONFLICT: 409,
    ErrorCode.BAD_INPUT: 422,
    ErrorCode.TOO_MANY: 429,
    ErrorCode.UNAVAILABLE: 503,
    ErrorCode.GONE: 410,
    ErrorCode.TOO_LARGE: 413,
    ErrorCode.LOCKED: 423,
    # The last three are words of the tus protocol, and 460 is its own.
    ErrorCode.UNKNOWN_PROTOCOL: 412,
    ErrorCode.UNKNOWN_MEDIA: 415,
    ErrorCode.WRONG_CHECKSUM: 460,
    ErrorCode.INTERNAL: 500,
}


class ErrorOut(BaseModel):
    """Every answer that is not a success. `current`: the state that a conflict was with."""

    code: ErrorCode
    sentence: str
    current: JsonValue = None


class AppError(Exception):
    """Base of all errors whose sentence a person may read and act on."""

    code = ErrorCode.INTERNAL

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence

    def as_out(self) -> ErrorOut:
        """The error as REST answers it."""
        return ErrorOut(code=self.code, sentence=self.sentence)


class NotSignedIn(AppError):
    """Nobody is signed in, or the session ended."""

    code = ErrorCode.NOT_SIGNED_IN

    def __init__(self, sentence: str = "You were signed out. Sign in here.") -> None:
        super().__init__(sentence)


class NotAllowed(AppError):
    """The person is known, but their role does not go this far."""

    code = ErrorCode.NOT_ALLOWED


class NotFound(AppError):
    """There is no such thing, or none that this person may know of."""

    code = ErrorCode.NOT_FOUND


class Conflict(AppError):
    """Somebody else was first; `current` is the state as it is now, ready for JSON."""

    code = ErrorCode.CONFLICT

    def __init__(self, sentence: str, current: JsonValue = None) -> None:
        super().__init__(sentence)
        self.current = current

    def as_out(self) -> ErrorOut:
        """The error with the current state beside it."""
        return ErrorOut(code=self.code, sentence=self.sentence, current=self.current)


class BadInput(AppError):
    """What was sent makes no sense; nothing was changed."""

    code = ErrorCode.BAD_INPUT


class TooMany(AppError):
    """Too much at a time: to be tried again later."""

    code = ErrorCode.TOO_MANY


class Unavailable(AppError):
    """A part of the system is away for the moment."""

    code = ErrorCode.UNAVAILABLE


class Gone(AppError):
    """It was there, and its time is over."""

    code = ErrorCode.GONE


class TooLarge(AppError):
    """More bytes than there may be."""

    code = ErrorCode.TOO_LARGE


class Locked(AppError):
    """Somebody else works on it at this moment: to be tried again soon."""

    code = ErrorCode.LOCKED


class UnknownProtocol(AppError):
    """A version of the upload protocol that is not spoken here."""

    code = ErrorCode.UNKNOWN_PROTOCOL


class UnknownMedia(AppError):
    """A body of a kind that is not taken here."""

    code = ErrorCode.UNKNOWN_MEDIA


class WrongChecksum(AppError):
    """What arrived is not what was sent."""

    code = ErrorCode.WRONG_CHECKSUM
