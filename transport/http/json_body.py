"""JSON as clients send it: strict, in UTF-8, and with each key of an object once.

Readers of JSON differ in which of two equal keys they take, so a proxy could check another request than the gateway runs. orjson does
not report equal keys, but it keeps only one of them. So a text with equal keys has more colons than what was read from it, and
counting colons is enough for a common request. Only where that does not settle it, the standard library reads the text again.
"""

from __future__ import annotations

import json
from typing import Any, Final

import orjson

from transport.refusal import BadRequest, DuplicateKey

MAX_SHOWN_KEY_LENGTH: Final = 50  # characters of a key


class _Twice(Exception):
    """A key that an object has twice."""


def _look(pairs: list[tuple[str, Any]]) -> None:
    if len(pairs) < 2 or len(dict(pairs)) == len(pairs):
        return
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            raise _Twice(name)
        seen.add(name)


KEYS: Final = json.JSONDecoder(object_pairs_hook=_look)
ESCAPED: Final = b"\\u003"  # how an escaped colon begins: it is no colon in the text, but one in what was read


def _is_whole(text: bytes, content: Any) -> bool:
    """Whether what was read has every key of the text. False also where that is not known.

    A colon stands after each key or inside a string, and no colon is in what was read that is not in the text.
    """
    if ESCAPED in text:
        return False
    try:
        return orjson.dumps(content).count(b":") == text.count(b":")
    except TypeError:  # it nests deeper than orjson writes
        return False


def parse_json(text: bytes, what: str) -> Any:
    """What a text says, which an error calls `what`. Raises BadRequest, and as one DuplicateKey."""
    try:
        content = orjson.loads(text)
        if not _is_whole(text, content):
            KEYS.decode(text.decode())
    except ValueError:
        raise BadRequest(f"{what} is not valid JSON in UTF-8.") from None
    except RecursionError:
        raise BadRequest(f"{what} nests its JSON too deep.") from None
    except _Twice as twice:
        raise DuplicateKey(what, str(twice)[:MAX_SHOWN_KEY_LENGTH]) from None
    return content
