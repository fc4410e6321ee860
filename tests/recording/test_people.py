"""Accounts, workspaces, members and one-time links."""

import pytest

from runs.access import role_in
from runs.mistakes import AlreadyExists, UserMistake
from runs.models import Role, SignInLink, Workspace
from runs.recording.people import add_member, create_person, create_workspace, sign_in_link, use_sign_in_link
from studio.database import now_ms
from tests.cast import Cast


def test_a_workspace_belongs_to_who_made_it(cast: Cast) -> None:
    workspace = create_workspace("new-room", "New room", cast.viewer)
    assert role_in(cast.viewer, workspace) == Role.OWNER
    assert workspace.default_experiment is not None


@pytest.mark.parametrize("name", ["", "a b", "ä", "a/b", "..", "x" * 65])
def test_a_workspace_name_must_fit_a_url(cast: Cast, name: str) -> None:
    with pytest.raises(UserMistake):
        create_workspace(name, "", cast.owner)
    assert Workspace.objects.count() == 2


def test_names_are_taken_once(cast: Cast) -> None:
    with pytest.raises(AlreadyExists):
        create_workspace("lab", "", cast.owner)
    with pytest.raises(AlreadyExists):
        create_person("olga")


def test_a_member_gets_another_role(cast: Cast) -> None:
    add_member(cast.lab, cast.viewer, Role.EDITOR)
    assert role_in(cast.viewer, cast.lab) == Role.EDITOR


def test_a_link_signs_in_once(cast: Cast) -> None:
    text = sign_in_link(cast.viewer)
    assert not SignInLink.objects.filter(digest=text).exists()
    assert use_sign_in_link(text) == cast.viewer
    assert use_sign_in_link(text) is None


def test_a_late_or_made_up_link_signs_nobody_in(cast: Cast) -> None:
    text = sign_in_link(cast.viewer)
    SignInLink.objects.update(expires=now_ms() - 1)
    assert use_sign_in_link(text) is None
    assert use_sign_in_link("made up") is None
