"""How does the studio say that a person or a client got something wrong?

One family for every door: pages show it in place (422), the JSON API as ``{"field": ["..."]}``, the
MLflow protocol as its own error code.
"""


class UserMistake(Exception):  # noqa: N818 - the domain's word; it is not a fault of ours
    """What was sent cannot be used. ``message`` says what was wrong and what to do.

    ``field`` names the input it came from; ``position`` is the 0-based column in it, when known.
    """

    status = 400

    def __init__(self, message: str, field: str = "", position: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.position = position


class NotFound(UserMistake):
    """There is no such thing, or it is not yours to see: the two are told apart to nobody."""

    status = 404


class NotAllowed(UserMistake):
    """You may see it, but your role does not let you change it."""

    status = 403


class Conflict(UserMistake):
    """Somebody or something changed it first, or it may never change; ``current`` is what stands now."""

    status = 409

    def __init__(self, message: str, field: str = "", position: int | None = None, current: str | None = None) -> None:
        super().__init__(message, field, position)
        self.current = current


class AlreadyExists(Conflict):
    """That name is taken."""


class TooLarge(UserMistake):
    """A body or value passes the limit that the message names."""

    status = 413


class LengthRequired(UserMistake):
    """The body's length must be said beforehand."""

    status = 411


class WrongMediaType(UserMistake):
    """The body is of a type or packing that is not understood here."""

    status = 415
