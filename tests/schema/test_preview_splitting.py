"""Splitting an operation with previews: each part parses, and together they select what the whole does, at the same locations."""

from __future__ import annotations

import pytest
from graphql import FieldNode, Visitor, parse, visit

from schema.extensions.preview_splitting import FIELD, Split, split

SMALL = '{ a: viewer { roles } previewSettings(managedAccountId: "x") { viewer { roles } } }'
DOCUMENTS = {
    "short": SMALL,
    "no white space": '{previewSettings(managedAccountId:"x"){__typename}}',
    "an alias on a line of its own": '{ a\n:\npreviewSettings\n(managedAccountId\n:"x")\n{ __typename } }',
    "arguments in any order": (
        '{ previewSettings(settings: {pricing: true}, managedAccountId: "x") @skip(if: false) { node(id: "y") { id } } }'
    ),
    "comments, a text of lines, other letters": (
        "# previewSettings\r\n{ e: viewer { roles } "
        'previewSettings(managedAccountId: """ß\r\n"x}" """, # {\r\n settings: null) { viewer { roles } } } # }'
    ),
    "fragments": (
        "query A($i: ID!, $no: Boolean!) { ...F ... on Query @skip(if: $no) { p: previewSettings(managedAccountId: $i) { ...G } } }"
        " fragment F on Query { ...H viewer { roles } } fragment G on Query { viewer { roles } } fragment H on Query {"
        " p: previewSettings(managedAccountId: $i) { __typename } q: previewSettings(managedAccountId: $i) { ...G } }"
    ),
}


class Fields(Visitor):
    """Collects the fields of a document with their offsets."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[tuple[str, int]] = set()

    def enter_field(self, node: FieldNode, *_: object) -> None:
        """Add a field."""
        assert node.loc
        self.found.add((node.name.value, node.loc.start))


def fields(text: str) -> set[tuple[str, int]]:
    """Return the fields of a text with their offsets."""
    visitor = Fields()
    visit(parse(text), visitor)
    return visitor.found


def parts_of(text: str, name: str | None = None) -> Split:
    """Split a text that has previews."""
    parts = split(text, parse(text), name)
    assert parts is not None
    return parts


@pytest.mark.parametrize("text", DOCUMENTS.values(), ids=DOCUMENTS)
def test_fields_keep_their_offsets(text: str) -> None:
    """Every part has the same line lengths as the whole, and its fields have the same offsets."""
    parts = parts_of(text)
    texts = [parts.rest(), *map(parts.preview, parts.previews)]

    for part in texts:
        assert [len(line) for line in text.splitlines()] == [len(line) for line in part.splitlines()]
        assert {field for field in fields(part) if field[0] != "__typename"} <= fields(text)
        assert FIELD not in {name for name, _ in fields(part)}


@pytest.mark.parametrize("text", DOCUMENTS.values(), ids=DOCUMENTS)
def test_every_field_is_in_some_part(text: str) -> None:
    """Every field except the previews themselves is in the rest or in a preview."""
    parts = parts_of(text)
    found = fields(parts.rest()).union(*(fields(parts.preview(key)) for key in parts.previews))

    assert {field for field in fields(text) if field[0] != FIELD} <= found


def test_rest_selects_typename_instead_of_a_preview() -> None:
    """It has the same key, so that the response keeps its order."""
    parts = parts_of(SMALL)

    assert "{ a: viewer { roles } previewSettings :__typename }" == " ".join(parts.rest().split())
    assert {"previewSettings": "{ ... { viewer { roles } } }"} == {
        key: " ".join(parts.preview(key).split()) for key in parts.previews
    }


def test_texts_are_built_only_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long text with too many previews can be rejected before any part is built."""
    built: list[str] = []
    monkeypatch.setattr("schema.extensions.preview_splitting._MaskedText", built.append)

    parts = parts_of("{" + " ".join(f'p{n}: previewSettings(managedAccountId: "x") {{ __typename }}' for n in range(50)) + "}")

    assert (50, []) == (len(parts.previews), built)


def test_previews_of_one_key_are_one_preview() -> None:
    """Selections of the same preview in several places are merged, whether direct or through fragments."""
    parts = parts_of(DOCUMENTS["fragments"])

    assert {"p", "q"} == set(parts.previews)
    assert {"__typename", "roles", "viewer"} == {name for name, _ in fields(parts.preview("p"))}


@pytest.mark.parametrize(
    "text",
    ["{ viewer { roles } }", "mutation { __typename } # previewSettings", "fragment F on Query { __typename }"],
    ids=["a query", "a mutation", "no operation"],
)
def test_operation_without_previews_is_not_split(text: str) -> None:
    """`split` returns None."""
    assert split(text, parse(text), None) is None
