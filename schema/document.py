"""Documents."""

from __future__ import annotations

from datetime import datetime

import strawberry
from strawberry import ID

from resolvers import document
from resolvers.reading.nodes import GlobalId
from schema.building.fields import column, resolved
from schema.building.scalars import URL


@strawberry.type(description="A stored document, such as a certificate of registration, or a document of a private offer.")
class Document:
    id: ID = resolved(GlobalId(), "The global ID.")
    url: URL = resolved(document.url, "The URL of the document. Only viewers who can see the document can download it.")
    media_type: str = column("The file format: `application/pdf`, `image/png` or `image/jpeg`.")
    bytes: int = column("The size in bytes.")
    uploaded_at: datetime = column("When the document was uploaded.")
