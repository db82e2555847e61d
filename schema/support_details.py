"""Support details."""

from __future__ import annotations

import strawberry

from schema.building.fields import column
from schema.building.scalars import EmailAddress
from schema.enums import SupportedBy


@strawberry.type(description="Whom a company turns to for technical support.")
class SupportDetails:
    supported_by: SupportedBy = column("Who gives the support.")
    email: EmailAddress | None = column("Where to write.")
    phone: str | None = column("Where to call.")
    hours: str | None = column("When somebody is there.")
    version: int | None = column("Counts the edits of the details; to be stated by whoever edits them.")
