"""How is a mistake said in this protocol? MLflow's error words, which its clients match on."""

from django.http import HttpResponse, JsonResponse

from runs.mistakes import (
    AlreadyExists,
    Conflict,
    LengthRequired,
    NotAllowed,
    NotFound,
    TooLarge,
    UserMistake,
    WrongMediaType,
)


class NotSignedIn(UserMistake):
    """No token, or one that opens nothing."""

    status = 401


class NotImplementedHere(UserMistake):
    """A part of the protocol that the studio does not offer."""

    status = 501


class NoSuchEndpoint(NotFound):
    """No call of the protocol has this path."""


class WrongMethod(UserMistake):
    """The path is right, the HTTP method is not."""

    status = 405


class Overloaded(UserMistake):
    """The database could not take it now; the same request may work in a moment."""

    status = 503


class DiskFull(UserMistake):
    """There is no room left to keep what was sent."""

    status = 507


# The first kind that fits gives the word, and the status where MLflow's clients expect another than ours.
_WORDS: tuple[tuple[type[UserMistake], str, int | None], ...] = (
    (NotSignedIn, "UNAUTHENTICATED", None),
    (NoSuchEndpoint, "ENDPOINT_NOT_FOUND", None),
    (NotFound, "RESOURCE_DOES_NOT_EXIST", None),
    (NotAllowed, "PERMISSION_DENIED", None),
    (AlreadyExists, "RESOURCE_ALREADY_EXISTS", 400),
    (Conflict, "RESOURCE_CONFLICT", None),
    (NotImplementedHere, "NOT_IMPLEMENTED", None),
    (Overloaded, "TEMPORARILY_UNAVAILABLE", None),
    (DiskFull, "RESOURCE_EXHAUSTED", None),
    (WrongMethod, "BAD_REQUEST", None),
    (LengthRequired, "BAD_REQUEST", None),
    (WrongMediaType, "BAD_REQUEST", 400),
    (TooLarge, "INVALID_PARAMETER_VALUE", None),
    (UserMistake, "INVALID_PARAMETER_VALUE", None),
)


def answer_mistake(mistake: UserMistake) -> HttpResponse:
    """A mistake in the protocol's words: ``{"error_code": ..., "message": ...}``."""
    word, status = next((word, status) for kind, word, status in _WORDS if isinstance(mistake, kind))
    body = {"error_code": word, "message": mistake.message}
    # JsonResponse, not orjson: the message may quote a lone surrogate that was sent.
    response = JsonResponse(body, status=status or mistake.status)
    if isinstance(mistake, NotSignedIn):
        response.headers["WWW-Authenticate"] = 'Bearer realm="Run Studio", Basic realm="Run Studio"'
    if isinstance(mistake, Overloaded):
        response.headers["Retry-After"] = "1"
    return response
