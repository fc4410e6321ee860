"""Who is doing this, and through which door?"""

from dataclasses import dataclass
from typing import Literal

Door = Literal["page", "api", "mlflow", "sdk", "command"]


@dataclass(frozen=True, slots=True)
class Author:
    """The person (by id; None for a command) and the door that a change came through."""

    person_id: int | None = None
    name: str = ""
    door: Door = "command"
    token_id: int | None = None
