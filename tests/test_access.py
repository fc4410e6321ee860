"""Who may see what, and which tokens open a door."""

import pytest

from runs.access import (
    can,
    experiment_or_404,
    issue_token,
    role_in,
    run_or_404,
    token_for,
    token_role,
    workspace_or_404,
)
from runs.mistakes import NotAllowed, NotFound
from runs.models import Member, Role
from studio.database import now_ms
from tests.build import make_run
from tests.cast import Cast

WELL_FORMED = "rst_T3nwiBtEmjoDIxVc8Luw2rxnQKUI2Rjz0lIqQg"  # its checksum is right, but nobody was given it


def test_a_member_finds_the_workspace_with_their_role(cast: Cast) -> None:
    assert workspace_or_404(cast.viewer, "lab").your_role == Role.VIEWER


@pytest.mark.parametrize("name", ["lab", "nowhere", "", "../lab"])
def test_a_stranger_cannot_tell_a_foreign_workspace_from_none(cast: Cast, name: str) -> None:
    with pytest.raises(NotFound):
        workspace_or_404(cast.stranger, name)


def test_a_viewer_is_told_which_role_is_missing(cast: Cast) -> None:
    with pytest.raises(NotAllowed, match="editor"):
        workspace_or_404(cast.viewer, "lab", Role.EDITOR)


def test_roles_include_the_lesser_ones(cast: Cast) -> None:
    assert can(cast.owner, cast.lab, Role.EDITOR)
    assert not can(cast.viewer, cast.lab, Role.EDITOR)
    assert role_in(cast.stranger, cast.lab) is None


def test_runs_and_experiments_are_found_in_their_workspace_only(cast: Cast) -> None:
    run = make_run(cast.lab)
    assert run_or_404(cast.lab, run.uid) == run
    assert experiment_or_404(cast.lab, "churn").pk == run.experiment_id
    with pytest.raises(NotFound):
        run_or_404(cast.elsewhere, run.uid)
    with pytest.raises(NotFound):
        experiment_or_404(cast.elsewhere, "churn")


def test_a_token_opens_until_it_is_revoked(cast: Cast) -> None:
    token, text = issue_token(cast.editor, cast.lab, "laptop")
    assert token_for(text) == token
    assert text not in (token.digest, token.prefix)
    token.revoked = now_ms()
    token.save()
    assert token_for(text) is None


def test_a_late_token_is_dead(cast: Cast) -> None:
    _, text = issue_token(cast.editor, cast.lab, "laptop", expires=now_ms() - 1)
    assert token_for(text) is None


def test_a_token_of_somebody_who_left_is_dead(cast: Cast) -> None:
    _, text = issue_token(cast.editor, cast.lab, "laptop")
    cast.editor.is_active = False
    cast.editor.save()
    assert token_for(text) is None


@pytest.mark.parametrize("text", ["", "rst_", "rst_x", "Bearer", "\ud800" * 42, "rst_" + "0" * 38, WELL_FORMED])
def test_a_text_that_is_no_token_opens_nothing(cast: Cast, text: str) -> None:
    assert token_for(text) is None


def test_a_tokens_role_is_its_scope_but_never_more_than_its_persons(cast: Cast) -> None:
    reading, _ = issue_token(cast.editor, cast.lab, "r", "read")
    admin, _ = issue_token(cast.editor, cast.lab, "a", "admin")
    assert token_role(reading, cast.lab) == Role.VIEWER
    assert token_role(admin, cast.lab) == Role.EDITOR
    assert token_role(admin, cast.elsewhere) is None
    Member.objects.filter(person=cast.editor).delete()
    assert token_role(admin, cast.lab) is None


def test_a_token_has_one_of_three_scopes(cast: Cast) -> None:
    with pytest.raises(ValueError, match="read, log, admin"):
        issue_token(cast.editor, cast.lab, "x", "root")
