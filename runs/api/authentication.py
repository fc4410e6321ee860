"""Who calls the JSON API? The bearer of a token (also as the password of Basic), or a browser that is signed in."""

import base64

from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from runs.access import token_for
from runs.models import ApiToken, Person
from runs.recording.tokens import note_use


class TokenOrSession(BaseAuthentication):
    """``request.user`` is the person, ``request.auth`` the token, or None for a session, which needs a CSRF token."""

    def authenticate(self, request: Request) -> tuple[Person, ApiToken | None] | None:
        """The person and the token; None when nothing was sent."""
        secret = secret_in(request.headers.get("Authorization", ""))
        if secret is None:
            found = SessionAuthentication().authenticate(request)
            return None if found is None else (found[0], None)
        token = token_for(secret)
        if token is None:
            raise AuthenticationFailed("This token is unknown, expired or revoked.")
        note_use(token)
        return token.person, token

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002 - DRF's signature
        """What a 401 asks for. No Basic here: a browser would pop up its password box over a signed-out page."""
        return 'Bearer realm="Run Studio"'


def secret_in(header: str) -> str | None:
    """The token in an Authorization header: after Bearer, or the password of Basic; None without one."""
    scheme, _, rest = header.partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(rest.strip(), validate=True).decode().partition(":")[2]
        except ValueError:  # not ASCII, not base64, or not UTF-8 inside
            return ""
    return None
