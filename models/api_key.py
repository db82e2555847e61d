"""API keys: how a company's programs sign in (V51). The secret is shown once, when the key is created; only its hash is stored.

A key acts as a member with its roles, under its own name: `user_id` is a user without an email address that only the key can act as.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from choices import MemberRole
from models.base import Base, Owned, now, private
from models.concept import Concept, always
from models.kinds import Secret

MAX_NAME_LENGTH: Final = 100  # characters
MAX_LIFETIME: Final = timedelta(days=365)
MAX_KEYS: Final = 20  # of a company at the same time
MAX_ORIGINS: Final = 20
KEY_ROLES: Final = tuple(role for role in MemberRole if role is not MemberRole.ACCOUNT_ADMIN)


class ApiKey(Owned, Base):
    """A key of a company. `prefix` is the public part. Without `origins`, requests can come from anywhere."""

    __tablename__ = "api_key"

    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("app_user.id"))
    name: Mapped[str]
    prefix: Mapped[str] = mapped_column(unique=True)
    secret_hash: Mapped[Secret] = mapped_column(info=private(read=False, log=False))
    roles: Mapped[list[str]]
    origins: Mapped[list[str]] = mapped_column(default=list)
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_used_at: Mapped[datetime | None]  # midnight in UTC of the last day on which the key was used
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    __table_args__ = (
        sa.UniqueConstraint("user_id"),
        sa.CheckConstraint("cardinality(roles) > 0", name="some_role"),
        sa.CheckConstraint(f"roles <@ ARRAY{list(map(str, KEY_ROLES))}::text[]", name="known_roles"),
        sa.Index("api_key_company_id_page", "company_id", "id"),
    )


CONCEPTS: Final = (Concept("ApiKey", ApiKey, tag=b"ak", actions=always("revoke")),)
