"""What the tests of this door may ask for."""

import pytest

from tests.cast import Cast
from tests.mlflow_api.door import Door, door_of


@pytest.fixture
def door(cast: Cast) -> Door:
    """The editor's token."""
    return door_of(cast)


@pytest.fixture
def reading_door(cast: Cast) -> Door:
    """A token that may only read."""
    return door_of(cast, scope="read")


@pytest.fixture
def stranger_door(cast: Cast) -> Door:
    """The token of somebody in another workspace."""
    return door_of(cast, cast.stranger, workspace=cast.elsewhere)
