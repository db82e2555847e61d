"""Resolvers of users."""

from __future__ import annotations

from typing import Final

from resolvers.reading.field_sources import ToOne

photo: Final = ToOne("Image", "id", by="photo_of_id")
