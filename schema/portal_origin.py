"""Portal origins."""

from __future__ import annotations

from datetime import datetime

import strawberry

from models.portal_origin import MAX_PROOF_BYTES
from resolvers import portal_origin
from schema.building.fields import column, resolved
from schema.building.scalars import URL


@strawberry.type(description="A web origin whose pages embed a company's portal.")
class PortalOrigin:
    origin: str = column("The origin, in the form in which browsers send it.")
    verified_at: datetime | None = column(
        "When the origin was verified as the company's. Until then it's null, and the origin can't be used."
    )
    proof: str = column("The line that the file at `proofUrl` has to have. It isn't a secret.")
    proof_url: URL = resolved(
        portal_origin.proof_url,
        f"Where the origin serves a text file of at most {MAX_PROOF_BYTES} bytes with `proof` as one of its lines.",
    )
