"""Images."""

from __future__ import annotations

import strawberry

from models.image import ImageSize, MediaType
from resolvers import image
from schema.building.fields import column, resolved
from schema.building.scalars import URL


@strawberry.type(description="A stored image.")
class Image:
    url: URL = resolved(
        image.url,
        "The URL of the image. Only viewers who can see the image can download it.",
        {"size": (ImageSize | None, "The size of the image, as WebP. If omitted, the image is as it was uploaded.")},
    )
    width: int = column("The width in pixels.")
    height: int = column("The height in pixels.")
    media_type: MediaType = column("The file format.")
    is_recommended_size: bool = resolved(
        image.is_recommended_size, "Whether the image is 200 x 200 pixels, the recommended size of a logo."
    )
