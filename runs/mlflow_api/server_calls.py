"""What is this server, and what of the protocol does it not offer?"""

from django.http import HttpRequest, HttpResponse

from runs.mlflow_api.doors import Answer, Call, open_to_tokens, reads
from runs.mlflow_api.mistakes import NoSuchEndpoint, NotImplementedHere

# The release whose protocol is spoken. Clients ask for it before they send traces, and compare it with 3.4.
MLFLOW_VERSION = "3.17.2"
EVERY_METHOD = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@open_to_tokens
def health(_request: HttpRequest, **_path: str) -> HttpResponse:
    """/health: open to load balancers."""
    return HttpResponse("OK", content_type="text/plain")


@open_to_tokens
def version(_request: HttpRequest, **_path: str) -> HttpResponse:
    """/version: the release of MLflow's protocol, as plain text."""
    return HttpResponse(MLFLOW_VERSION, content_type="text/plain")


@reads("GET")
def server_info(_call: Call) -> Answer:
    """server-info: which optional parts clients may use.

    Multipart uploads work when a client is told to use them; they are not offered by default, because the part URLs
    are absolute and a proxy that hides the outer address would break uploads that go through without them.
    """
    return {
        "store_type": "RunStudioStore",
        "workspaces_enabled": False,
        "trace_archival_enabled": False,
        "multipart_uploads_enabled": False,
        "multipart_downloads_enabled": False,
        "presigned_upload_run_id_supported": False,
        "presigned_upload_model_id_supported": False,
        "features_enabled": {},
    }


@reads(*EVERY_METHOD)
def registry(_call: Call, **_path: str) -> Answer:
    """The model registry's calls."""
    raise NotImplementedHere(
        "Run Studio has no model registry yet. Log models with log_model(name=...) and load them by their "
        "models:/m-... URI; leave registered_model_name out."
    )


@reads(*EVERY_METHOD)
def unknown(call: Call, **_path: str) -> Answer:
    """Any other path below the protocol's roots."""
    raise NoSuchEndpoint(f"No endpoint of the MLflow tracking protocol here has the path {call.request.path[:200]!r}.")
