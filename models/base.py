"""What all tables share: UUIDv7 keys, times in UTC, enums stored as text, and the owning company that tenancy checks compare.

Money is an integer in minor units, next to an ISO 4217 currency. Keys grow with time, so key order is creation order.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from uuid6 import uuid7

NAMES = {
    "pk": "%(table_name)s_pk",
    "fk": "%(table_name)s_%(column_0_N_name)s_fk",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ix": "%(table_name)s_%(column_0_N_name)s_ix",
    "ck": "%(table_name)s_%(constraint_name)s_check",
}


class Base(DeclarativeBase):
    """The declarative base. `type_annotation_map` turns Python types into column types, so models only list their columns."""

    metadata = sa.MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: sa.Text(),
        datetime: sa.DateTime(timezone=True),
        UUID: sa.Uuid(),
        list[str]: postgresql.ARRAY(sa.Text()),
        list[int]: postgresql.ARRAY(sa.Integer()),
        list[UUID]: postgresql.ARRAY(sa.Uuid()),
        dict[str, Any]: postgresql.JSONB(none_as_null=True),
        list[dict[str, Any]]: postgresql.JSONB(none_as_null=True),
    }
    IS_LOGGED: ClassVar[bool] = True  # changes of rows are audit events
    IS_COMMON: ClassVar[bool] = False  # rows belong to no company, such as a price: their audit events have no owner
    OWNER: ClassVar[str | None] = None  # the column of the company that owns the row; a row without one is part of another row


def private(*, read: bool = True, log: bool) -> dict[str, Any]:
    """Return the `info` of a column that statements never select (it's searched, or served as a file) or that is never logged."""
    return {"read": read, "log": log}


def copied(column: str, of: str, by: str, *, if_set: bool = False) -> dict[str, Any]:
    """Return the `info` of a column that equals `column` of the row that `of` references. The trigger `by` keeps them equal.

    With `if_set`, only some rows have a copy. It's NULL in the others.
    """
    return {"copies": (of, column), "trigger": by, "if_set": if_set}


class Identified:
    """A row with its own UUID primary key."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)


class Owned(Identified):
    """A row that belongs to a company.

    `partner_id` is the partner that manages this company, if any. The database sets it when the row is inserted
    (trigger `owned`), so a tenancy check is one indexed comparison (V14). A company never changes its partner (V15).
    """

    OWNER: ClassVar[str | None] = "company_id"
    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"))
    partner_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("company.id"), info=copied("partner_id", of="company_id", by="owned")
    )


class UploadedFile(Identified):
    """A file of a company or, with `company_id` NULL, of the user who uploaded it (V64)."""

    OWNER: ClassVar[str | None] = "company_id"
    company_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("company.id"))
    partner_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("company.id"), info=copied("partner_id", of="company_id", by="owned")
    )
    user_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("app_user.id"))


class Versioned:
    """A row that users edit. `version` counts the edits, so nobody overwrites a change they haven't seen."""

    version: Mapped[int] = mapped_column(default=1, server_default="1")


def enum_column(kind: type[StrEnum]) -> sa.Enum:
    """Return the column type of an enum: stored as text, enforced by a check constraint."""
    return sa.Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        length=32,
        name=kind.__name__.lower(),
        values_callable=lambda members: [member.value for member in members],
    )


def now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)
