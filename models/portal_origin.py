"""Portal origins: the web origins whose pages embed a company's portal, once the company has proven that they are its own (V52).

A company proves an origin by serving `proof` there. The database reports each change, so that no gateway has to ask for each request.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Owned, now
from models.concept import Concept

MAX_ORIGINS: Final = 20  # of a company
MAX_PROOF_BYTES: Final = 4096  # of the file that proves an origin
PROOF_SECONDS: Final = 5.0  # for the file to arrive
CHECK_INTERVAL: Final = timedelta(seconds=10)  # between two checks of one origin
PROOF_PATH: Final = "/.well-known/crossgate-portal.txt"


class PortalOrigin(Owned, Base):
    """An origin of a company's portal, in the form of an Origin header. It counts once `verified_at` is set."""

    __tablename__ = "portal_origin"

    origin: Mapped[str]
    proof: Mapped[str]  # the line that the origin has to serve; it's no secret
    created_at: Mapped[datetime] = mapped_column(default=now)
    checked_at: Mapped[datetime | None]
    verified_at: Mapped[datetime | None]

    __table_args__ = (sa.UniqueConstraint("company_id", "origin"),)


CONCEPTS: Final = (Concept("PortalOrigin", PortalOrigin),)
