"""Resolvers of portal appearances."""

from __future__ import annotations

from typing import Final

from resolvers.reading.field_sources import ToOne

logo: Final = ToOne("Image", "logo_id")
