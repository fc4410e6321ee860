"""What does a person see when a page function raises a mistake? A page or partial with its message and status."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from runs.mistakes import Conflict, NotAllowed, NotFound, UserMistake


class MistakeMiddleware:
    """Turns a `UserMistake` that a page did not show in place into an error page (or partial, for htmx)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass through."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The answer to a mistake; other exceptions are none of ours."""
        if not isinstance(exception, UserMistake):
            return None
        template = "components/notice_error.html" if getattr(request, "htmx", False) else "mistake.html"
        titles = {NotFound: "Not found", NotAllowed: "Not allowed", Conflict: "Somebody was first"}
        title = next((title for kind, title in titles.items() if isinstance(exception, kind)), "That did not work")
        context = {"title": title, "message": exception.message, "mistake": exception}
        return render(request, template, context, status=exception.status)
