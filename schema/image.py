"""Images."""

from __future__ import annotations

import strawberry

from resolvers import image
from schema.building.fields import column, resolved
from schema.building.scalars import URL
from schema.enums import MediaType


@strawberry.type(description="A stored picture.")
class Image:
    url: URL = resolved(image.url, "Where it is served, to whoever may see it.")
    width: int = column("Pixels.")
    height: int = column("Pixels.")
    media_type: MediaType = column("Its format.")
    is_recommended_size: bool = resolved(image.is_recommended_size, "Whether it is 200 x 200 pixels, as a logo should be.")
