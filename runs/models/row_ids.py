"""How does a number of ours become SQLite's own row id? By calling the column ``integer``, not ``bigint``.

A table whose primary key is an ``INTEGER`` is one tree; with ``bigint``, which Django writes, it is two: the rows, and
an index from our number to theirs. Every look-up then walks both. SQLite's integers are 64 bits wide either way.
"""

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class RowIdField(models.BigIntegerField):  # type: ignore[type-arg]  # it takes none at run time
    """A 64-bit primary key that the application assigns."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        """As Django has it, but the row id itself on SQLite."""
        return "integer" if connection.vendor == "sqlite" else super().db_type(connection)


class RowIdOneToOneField(models.OneToOneField):  # type: ignore[type-arg]
    """A primary key that is another table's: the rest of its row, kept apart."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        """As Django has it, but the row id itself on SQLite."""
        return "integer" if connection.vendor == "sqlite" else super().db_type(connection)
