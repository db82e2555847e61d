"""Content negotiation: the media types of responses and requests (GraphQL over HTTP, RFC 9110 §12.5.1).

Clients that name `application/graphql-response+json` get it; clients without a preference get `application/json`. Only clients
that prefer `text/event-stream` to both get it, because many also list it for queries and mutations. Clients send few
different Accept headers, so the results for short ones are cached.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from http import HTTPStatus
from typing import Final

from transport.refusal import Refusal

CACHE_SIZE: Final = 1024  # headers
MAX_CACHED_LENGTH: Final = 256  # characters
MEDIA_TYPE_NAMES: Final = "application/graphql-response+json, application/json or text/event-stream"


class MediaType(StrEnum):
    """The media types of responses. Their status codes differ: see `transport.http.endpoint`."""

    GRAPHQL = "application/graphql-response+json"
    JSON = "application/json"
    EVENT_STREAM = "text/event-stream"


def accepted(accept: str | None) -> MediaType:
    """Return the response's media type for an Accept header. Raises Refusal (406) if none is acceptable."""
    if accept is None:
        return MediaType.JSON
    return _cached_accepted(accept) if len(accept) <= MAX_CACHED_LENGTH else _accepted(accept)


def _accepted(accept: str) -> MediaType:
    if not accept.strip():
        return MediaType.JSON
    qualities = _qualities(accept)
    graphql, json = _quality(MediaType.GRAPHQL, qualities), _quality(MediaType.JSON, qualities)
    if _prefers_events(qualities, max(graphql, json)):
        return MediaType.EVENT_STREAM
    if not graphql and not json:
        message = f"The Accept header must allow {MEDIA_TYPE_NAMES}."
        raise Refusal(HTTPStatus.NOT_ACCEPTABLE, "NOT_ACCEPTABLE", f"{message} To use GraphiQL in a browser, open /.")
    prefers_graphql = graphql > json or (graphql == json and MediaType.GRAPHQL in qualities)
    return MediaType.GRAPHQL if prefers_graphql else MediaType.JSON


def quality_of(header: str, *names: str) -> float:
    """Return the quality that a header gives the first of these names that it lists, or 0."""
    return _first(_qualities(header), *names)


def _first(qualities: dict[str, float], *names: str) -> float:
    return next((qualities[name] for name in names if name in qualities), 0.0)


def _qualities(header: str) -> dict[str, float]:
    return dict(_media_range(each) for each in header.split(",") if each.strip())


def _prefers_events(qualities: dict[str, float], others: float) -> bool:
    """Return whether events are preferred: above every type listed by name, and not below a matching range."""
    events = qualities.get(MediaType.EVENT_STREAM, 0.0)
    listed = max(qualities.get(MediaType.GRAPHQL, 0.0), qualities.get(MediaType.JSON, 0.0))
    return events > listed and events >= others


_cached_accepted = lru_cache(CACHE_SIZE)(_accepted)


def require_json(content_type: str | None) -> None:
    """Raise Refusal (415) unless the body is declared as JSON in UTF-8.

    This also prevents cross-site request forgery: no HTML form can send this content type.
    """
    if content_type != MediaType.JSON and not _is_json(content_type or ""):
        message = "Send the request body as Content-Type: application/json, in UTF-8."
        headers = {"Accept": MediaType.JSON, "Accept-Query": MediaType.JSON}
        raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", message, headers)


def _is_json(content_type: str) -> bool:
    name, _, parameters = content_type.partition(";")
    charset = _parameter("charset", parameters, default="utf-8")
    return name.strip().lower() == MediaType.JSON and charset.lower() in ("utf-8", "utf8")


def _media_range(text: str) -> tuple[str, float]:
    name, _, parameters = text.partition(";")
    try:
        quality = float(_parameter("q", parameters, default="1"))
    except ValueError:
        quality = 0.0
    return name.strip().lower(), quality


def _quality(media_type: MediaType, qualities: dict[str, float]) -> float:
    """Return the quality of a media type, from the client's most specific matching range."""
    return _first(qualities, media_type, "application/*", "*/*")


def _parameter(name: str, parameters: str, default: str) -> str:
    for parameter in parameters.split(";"):
        key, _, value = parameter.partition("=")
        if key.strip().lower() == name:
            return value.strip().strip('"')
    return default
