"""Which media type a client wants its answer in, and which it sends (GraphQL over HTTP, RFC 9110 §12.5.1).

`application/graphql-response+json` is given to whoever names it; `application/json` to whoever does not say; `text/event-stream`
to whoever prefers it to both, for clients name it beside them in requests that are no subscriptions. Clients send
few different headers, so what a header means is remembered, if it is short.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from http import HTTPStatus
from typing import Final

from transport.refusal import Refusal

CACHE_SIZE: Final = 1024  # headers
SHORT: Final = 256  # characters
MEDIA_TYPE_NAMES: Final = "application/graphql-response+json, application/json and text/event-stream"


class MediaType(StrEnum):
    """The media types of answers. Their statuses differ: see `transport.http.endpoint`."""

    GRAPHQL = "application/graphql-response+json"
    JSON = "application/json"
    EVENT_STREAM = "text/event-stream"


def accepted(accept: str | None) -> MediaType:
    """The media type to answer in. Raises Refusal (406) when the client wants none of them."""
    if accept is None:
        return MediaType.JSON
    return _known_accepted(accept) if len(accept) <= SHORT else _accepted(accept)


def _accepted(accept: str) -> MediaType:
    if not accept.strip():
        return MediaType.JSON
    wishes = dict(_wish(each) for each in accept.split(",") if each.strip())
    graphql, json = _quality(MediaType.GRAPHQL, wishes), _quality(MediaType.JSON, wishes)
    if _prefers_events(wishes, max(graphql, json)):
        return MediaType.EVENT_STREAM
    if not graphql and not json:
        message = f"Accept names none of the media types that are served here, {MEDIA_TYPE_NAMES}."
        raise Refusal(HTTPStatus.NOT_ACCEPTABLE, "NOT_ACCEPTABLE", f"{message} For a page in a browser open /.")
    prefers_graphql = graphql > json or (graphql == json and MediaType.GRAPHQL in wishes)
    return MediaType.GRAPHQL if prefers_graphql else MediaType.JSON


def _prefers_events(wishes: dict[str, float], others: float) -> bool:
    """Whether events are wanted most: above whatever else is named, and not below what a range leaves open."""
    events = wishes.get(MediaType.EVENT_STREAM, 0.0)
    named = max(wishes.get(MediaType.GRAPHQL, 0.0), wishes.get(MediaType.JSON, 0.0))
    return events > named and events >= others


_known_accepted = lru_cache(CACHE_SIZE)(_accepted)


def require_json(content_type: str | None) -> None:
    """Raises Refusal (415) unless the body is announced as JSON in UTF-8.

    Also what protects from requests forged by other sites: no HTML form can send this content type.
    """
    if content_type != MediaType.JSON and not _is_json(content_type or ""):
        message = "Send the request with Content-Type: application/json, in UTF-8."
        headers = {"Accept": MediaType.JSON}
        raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", message, headers)


def _is_json(content_type: str) -> bool:
    name, _, parameters = content_type.partition(";")
    charset = _parameter("charset", parameters, default="utf-8")
    return name.strip().lower() == MediaType.JSON and charset.lower() in ("utf-8", "utf8")


def _wish(text: str) -> tuple[str, float]:
    name, _, parameters = text.partition(";")
    try:
        quality = float(_parameter("q", parameters, default="1"))
    except ValueError:
        quality = 0.0
    return name.strip().lower(), quality


def _quality(media_type: MediaType, wishes: dict[str, float]) -> float:
    """The quality that the most specific of the client's ranges gives to a media type."""
    ranges = (media_type, "application/*", "*/*")
    return next((wishes[each] for each in ranges if each in wishes), 0.0)


def _parameter(name: str, parameters: str, default: str) -> str:
    for parameter in parameters.split(";"):
        key, _, value = parameter.partition("=")
        if key.strip().lower() == name:
            return value.strip().strip('"')
    return default
