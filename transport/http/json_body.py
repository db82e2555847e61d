"""Strict JSON parsing: UTF-8 only, and no object may repeat a key.

JSON parsers disagree on which of two equal keys wins, so a proxy could check a different request than the gateway runs. orjson
doesn't report repeated keys, but it drops all but one. So a text with repeated keys has more colons than its parsed content, and
counting colons is enough for common requests. Only if the counts differ, the standard library parses the text again.
"""

from __future__ import annotations

import json
from typing import Any, Final

import orjson

from transport.refusal import BadRequest, DuplicateKey

MAX_SHOWN_KEY_LENGTH: Final = 50  # characters of a key


class _RepeatedKey(Exception):
    """An object repeats a key."""


def _reject_repeated(pairs: list[tuple[str, Any]]) -> None:
    if len(pairs) < 2 or len(dict(pairs)) == len(pairs):
        return
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            raise _RepeatedKey(name)
        seen.add(name)


DUPLICATE_KEY_DECODER: Final = json.JSONDecoder(object_pairs_hook=_reject_repeated)
ESCAPED_COLON: Final = b"\\u003"  # the start of an escaped colon, which counts in the parsed content but not in the text


def _has_every_key(text: bytes, content: Any) -> bool:
    """Return whether the parsed content has every key of the text. False can also mean that counting can't tell.

    A colon follows each key or is inside a string, and the content has no colon that the text doesn't have.
    """
    if ESCAPED_COLON in text:
        return False
    try:
        return orjson.dumps(content).count(b":") == text.count(b":")
    except TypeError:  # nested deeper than orjson can serialize
        return False


def parse_json(text: bytes, source: str) -> Any:
    """Parse JSON; error messages refer to the text as `source`. Raises BadRequest or its subclass DuplicateKey."""
    try:
        content = orjson.loads(text)
        if not _has_every_key(text, content):
            DUPLICATE_KEY_DECODER.decode(text.decode())
    except ValueError:
        raise BadRequest(f"{source} is not valid JSON in UTF-8.") from None
    except RecursionError:
        raise BadRequest(f"{source} nests JSON too deeply. Use fewer levels.") from None
    except _RepeatedKey as repeated:
        raise DuplicateKey(source, str(repeated)[:MAX_SHOWN_KEY_LENGTH]) from None
    return content
