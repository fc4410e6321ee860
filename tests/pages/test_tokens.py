"""Can a person make, see and revoke the keys of their scripts, and only their own?"""

from django.test import Client

from runs.access import token_for
from runs.models import ApiToken
from tests.cast import Cast

FORM = {"name": "laptop", "workspace": "lab", "scope": "log", "days": "90"}


def test_a_new_token_is_shown_once_and_works(cast: Cast, editor: Client) -> None:
    answer = editor.post("/tokens/", FORM)
    text = answer.context["made_text"]
    found = token_for(text)
    assert found is not None
    assert (found.person, found.workspace, found.scope) == (cast.editor, cast.lab, "log")
    assert text in answer.content.decode()
    assert text not in editor.get("/tokens/").content.decode()
    assert "no-store" in answer.headers["Cache-Control"]


def test_a_viewer_can_make_a_reading_token_and_no_logging_one(viewer: Client) -> None:
    assert viewer.post("/tokens/", FORM).status_code == 422
    assert not ApiToken.objects.exists()
    assert viewer.post("/tokens/", FORM | {"scope": "read"}).status_code == 200


def test_nobody_makes_a_token_for_a_foreign_workspace(stranger: Client) -> None:
    assert stranger.post("/tokens/", FORM).status_code == 404
    assert not ApiToken.objects.exists()


def test_what_cannot_be_used_is_said_in_place(editor: Client) -> None:
    for wrong in (
        {"name": ""},
        {"name": "x" * 101},
        {"scope": "admin"},
        {"days": "7"},
        {"days": "x"},
        {"name": "a\x00b"},
    ):
        assert editor.post("/tokens/", FORM | wrong).status_code == 422
    assert not ApiToken.objects.exists()


def test_a_token_is_revoked_by_its_owner_only(cast: Cast, editor: Client, owner: Client) -> None:
    text = editor.post("/tokens/", FORM).context["made_text"]
    token = ApiToken.objects.get()
    assert owner.post(f"/tokens/{token.pk}/revoke/").status_code == 404
    assert editor.get(f"/tokens/{token.pk}/revoke/").status_code == 405
    assert token_for(text) is not None
    assert editor.post(f"/tokens/{token.pk}/revoke/").status_code == 302
    assert token_for(text) is None
