"""`crossgate schema` prints the schema and reports changes to it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from graphql import build_schema, validate_schema

from commands.failure import Failure
from commands.work.schema import changes, check, sdl, shaped_sdl

BEFORE = "type Query {\n  a: Int\n  b: Mode\n  c: Int\n}\n\nenum Mode {\n  ON\n}\n"


def test_current_snapshot_passes(tmp_path: Path) -> None:
    """A snapshot of the current schema passes."""
    snapshot = tmp_path / "snapshot.graphql"
    snapshot.write_text(sdl())

    check(snapshot)


def test_changed_schema_is_refused(tmp_path: Path) -> None:
    """The failure lists the changes and says how to update the snapshot."""
    snapshot = tmp_path / "snapshot.graphql"
    snapshot.write_text(sdl().replace("type Query {", 'type Query {\n  """Gone."""\n  gone: Int\n'))

    with pytest.raises(Failure) as failed:
        check(snapshot)

    lines = str(failed.value).splitlines()
    assert "The schema differs from snapshot.graphql." == lines[0]
    assert "BREAKING: Field Query.gone was removed." in lines
    assert "If this is intended, update the snapshot: crossgate schema print > schema/schema.graphql" == lines[-1]


def test_missing_snapshot_is_named(tmp_path: Path) -> None:
    """The failure says how to create one."""
    with pytest.raises(Failure) as failed:
        check(tmp_path / "none.graphql")

    assert (
        f"The snapshot {tmp_path / 'none.graphql'} doesn't exist. "
        "If this is intended, update the snapshot: crossgate schema print > schema/schema.graphql" == str(failed.value)
    )


@pytest.mark.parametrize("content", [b"type {", b"type A implements B { c: D }", b"\xff"])
def test_snapshot_that_is_no_schema_is_refused(tmp_path: Path, content: bytes) -> None:
    """Text that isn't SDL, types that don't exist and bytes that aren't text are one failure, without GraphQL's own message."""
    (tmp_path / "snapshot.graphql").write_bytes(content)

    with pytest.raises(Failure, match=r"^The snapshot isn't a schema in SDL\. If this is intended, update the snapshot: "):
        check(tmp_path / "snapshot.graphql")


@pytest.mark.parametrize(
    ("after", "verdict"),
    [
        (BEFORE.replace("  a: Int\n", ""), "BREAKING: Field Query.a was removed."),
        (BEFORE.replace("  ON\n", "  ON\n  OFF\n"), "DANGEROUS: Enum value Mode.OFF was added."),
        (BEFORE.replace("  a: Int\n", "  a: Int\n  d: Int\n"), "Not breaking: existing clients keep working."),
    ],
)
def test_changes_are_classified(after: str, verdict: str) -> None:
    """A change is breaking, dangerous or neither."""
    assert [verdict] == [line for line in changes(BEFORE, after) if line[0] not in "+-@ "]


def test_equal_schemas_have_no_changes() -> None:
    """The same text has no changes."""
    assert [] == list(changes(BEFORE, BEFORE))


def test_schema_of_a_viewer_is_printed_R113() -> None:
    """It is a valid schema on its own, sorted like the full one, without what such a viewer can't use."""
    printed = shaped_sdl("MANAGED+ACCOUNT_ADMIN")
    types = re.findall(r"^(?:type|enum|input|interface|scalar) (\w+)", printed, re.MULTILINE)

    assert [] == validate_schema(build_schema(printed))
    assert (sorted(types), True, False) == (types, "Port" in types, "Quote" in types)


def test_unknown_shape_is_refused() -> None:
    """The failure lists the terms of shapes."""
    with pytest.raises(Failure, match=r"Unknown term NOBODY in NOBODY\. Write a kind \(ANONYMOUS, "):
        shaped_sdl("NOBODY")
