"""Identity issuers: OpenID providers that companies name for their own members (V53, V75).

A member of the company signs in with a token of its issuer. The first time, the member is found by its verified email address. From
then on it's identified by the issuer and the token's subject, so a new owner of the address doesn't become the member.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Owned, now
from models.concept import Concept

MAX_AUDIENCE_LENGTH: Final = 255  # characters
MAX_SUBJECT_LENGTH: Final = 255  # characters, as OpenID Connect limits it


class IdentityIssuer(Owned, Base):
    """The issuer of a company, at most one. An issuer and an audience belong to one company only."""

    __tablename__ = "identity_issuer"

    issuer: Mapped[str]
    audience: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        sa.UniqueConstraint("company_id"),
        sa.UniqueConstraint("issuer", "audience"),
    )


class FederatedIdentity(Owned, Base):
    """A member as its company's issuer knows it. It ends with the issuer and with the membership."""

    __tablename__ = "federated_identity"

    issuer_id: Mapped[UUID] = mapped_column(sa.ForeignKey("identity_issuer.id", ondelete="CASCADE"))
    membership_id: Mapped[UUID] = mapped_column(sa.ForeignKey("membership.id", ondelete="CASCADE"))
    subject: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        sa.UniqueConstraint("issuer_id", "subject"),
        sa.UniqueConstraint("membership_id"),
    )


CONCEPTS: Final = (Concept("IdentityIssuer", IdentityIssuer),)
