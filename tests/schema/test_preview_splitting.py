"""Splitting an operation with previews: parts that can be parsed, that ask for what the whole asks for, each in its own place."""

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
    """Collects the fields of a document with their places."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[tuple[str, int]] = set()

    def enter_field(self, node: FieldNode, *_: object) -> None:
        """Note one."""
        assert node.loc
        self.found.add((node.name.value, node.loc.start))


def fields(text: str) -> set[tuple[str, int]]:
    """The fields of a text, each with its place."""
    visitor = Fields()
    visit(parse(text), visitor)
    return visitor.found


def parts_of(text: str, name: str | None = None) -> Split:
    """The parts of a text that has some."""
    parts = split(text, parse(text), name)
    assert parts is not None
    return parts


@pytest.mark.parametrize("text", DOCUMENTS.values(), ids=DOCUMENTS)
def test_nothing_is_moved(text: str) -> None:
    """Every part has as many letters and the same lines, and its fields stand where they stood."""
    parts = parts_of(text)
    texts = [parts.rest(), *map(parts.preview, parts.previews)]

    for part in texts:
        assert [len(line) for line in text.splitlines()] == [len(line) for line in part.splitlines()]
        assert {field for field in fields(part) if field[0] != "__typename"} <= fields(text)
        assert FIELD not in {name for name, _ in fields(part)}


@pytest.mark.parametrize("text", DOCUMENTS.values(), ids=DOCUMENTS)
def test_nothing_is_lost(text: str) -> None:
    """Every field but the previews themselves is in the rest or in a preview."""
    parts = parts_of(text)
    found = fields(parts.rest()).union(*(fields(parts.preview(key)) for key in parts.previews))

    assert {field for field in fields(text) if field[0] != FIELD} <= found


def test_the_rest_has_a_name_in_the_place_of_a_preview() -> None:
    """Under the same key, so that the answer has its order."""
    parts = parts_of(SMALL)

    assert "{ a: viewer { roles } previewSettings :__typename }" == " ".join(parts.rest().split())
    assert {"previewSettings": "{ ... { viewer { roles } } }"} == {
        key: " ".join(parts.preview(key).split()) for key in parts.previews
    }


def test_texts_are_made_only_when_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who sends many previews in a long text is refused before any of them is cut out."""
    made: list[str] = []
    monkeypatch.setattr("schema.extensions.preview_splitting._MaskedText", made.append)

    parts = parts_of("{" + " ".join(f'p{n}: previewSettings(managedAccountId: "x") {{ __typename }}' for n in range(50)) + "}")

    assert (50, []) == (len(parts.previews), made)


def test_previews_of_one_key_are_one_preview() -> None:
    """What is selected of it in several places is selected together, by whatever way it stands at the root."""
    parts = parts_of(DOCUMENTS["fragments"])

    assert {"p", "q"} == set(parts.previews)
    assert {"__typename", "roles", "viewer"} == {name for name, _ in fields(parts.preview("p"))}


@pytest.mark.parametrize(
    "text",
    ["{ viewer { roles } }", "mutation { __typename } # previewSettings", "fragment F on Query { __typename }"],
    ids=["a query", "a mutation", "no operation"],
)
def test_an_operation_without_previews_is_left_whole(text: str) -> None:
    """There is nothing to split."""
    assert split(text, parse(text), None) is None
