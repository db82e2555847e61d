"""Search by name: rows are found by words of a name, in an index that keeps the words of each scope apart.

A scope is the rows that one comparison of policy finds: those of one owner, or those that everyone can see. Because of scopes, the
time of a search doesn't depend on names that the viewer can't see.
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import MappedColumn, mapped_column
from sqlalchemy.sql.elements import ColumnElement

from models.base import private
from models.concept import ALL_ROWS, Filter, Scope, matches

COLUMN: Final = "name_terms"
SHOWN: Final = "Matches names with these words, or with words that begin with them. Ignores case and accents."


def terms_of(expression: str) -> MappedColumn[str]:
    """Return the column `name_terms`: the words of a name, in each scope of its row, as the SQL expression returns them."""
    return mapped_column(postgresql.TSVECTOR(), sa.Computed(expression, persisted=True), info=private(read=False, log=False))


def name_index(table: str) -> sa.Index:
    """Return the index of the column. Without a list of pending entries, which a search would read for all owners."""
    return sa.Index(f"{table}_{COLUMN}", COLUMN, postgresql_using="gin", postgresql_with={"fastupdate": "off"})


def name_search(field: str, *scopes: Scope) -> dict[str, Filter]:
    """Return the filter `search`. Its own condition doesn't know a scope, so it must not use the index."""

    def condition(row: Any, name: str) -> ColumnElement[bool]:
        return _has_words(row, ALL_ROWS, name).is_(sa.true())

    return {
        "search": Filter(COLUMN, field, condition, SHOWN, value_type=str, is_search=True, scopes=scopes, in_scope=_has_words)
    }


def _has_words(row: Any, scope: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Match rows that are in the scope and have all words of the parameter `name`."""
    return matches(row[COLUMN], sa.func.name_query(scope, sa.bindparam(name, type_=sa.Text())))
