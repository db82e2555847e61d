"""JSON from clients: each key of an object is allowed only once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transport.http.json_body import parse_json
from transport.refusal import DuplicateKey

NAMES = st.text(alphabet=':a"\\{,', max_size=2)
LEAVES = st.one_of(st.none(), st.integers(-9, 9), NAMES, st.sampled_from([":", "a:b", '{"a": 1}']))
Pairs = list[tuple[str, Any]]


class JsonObject:
    """A JSON object as written, which may repeat a key."""

    def __init__(self, pairs: Pairs) -> None:
        self.pairs = pairs

    def __repr__(self) -> str:
        return f"JsonObject({self.pairs})"


VALUES: st.SearchStrategy[Any] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.builds(JsonObject, st.lists(st.tuples(NAMES, inner), max_size=4))),
    max_leaves=12,
)


def _text(value: Any, *, escaped: bool) -> str:
    if isinstance(value, JsonObject):
        pairs = (f"{_text(n, escaped=escaped)} : {_text(v, escaped=escaped)}" for n, v in value.pairs)
        return "{" + " , ".join(pairs) + "}"
    if isinstance(value, list):
        return f"[{','.join(_text(item, escaped=escaped) for item in value)}]"
    text = json.dumps(value)
    return text.replace(":", "\\u003a") if escaped and isinstance(value, str) else text


def _has_duplicate_key(value: Any) -> bool:
    if isinstance(value, JsonObject):
        names = [name for name, _ in value.pairs]
        return len(set(names)) < len(names) or any(_has_duplicate_key(item) for _, item in value.pairs)
    return isinstance(value, list) and any(map(_has_duplicate_key, value))


@given(VALUES, st.booleans())
def test_only_duplicate_keys_are_refused(value: Any, escaped: bool) -> None:
    """A colon in a string, escaped or not, neither hides a duplicate key nor looks like one."""
    text = _text(value, escaped=escaped)

    if _has_duplicate_key(value):
        with pytest.raises(DuplicateKey):
            parse_json(text.encode(), "The body")
    else:
        assert json.loads(text) == parse_json(text.encode(), "The body")
