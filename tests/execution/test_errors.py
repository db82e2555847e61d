"""Errors: null at their field, propagated to the nearest nullable one, and reported once with location and path (§6.4.4,
§7.1.2).

The specification leaves open which of several errors below one null are reported. Both executors must report the same.
"""

from __future__ import annotations

from typing import Any, Final

import orjson
import pytest

from tests.execution.both_executors import Both
from tests.execution.cases import named

PUBLIC: Final = {"fail": "public"}
RISK: Final = "query ($spec: String!) { risk(spec: $spec) { SELECTED } }"
DANGER: Final = "query ($spec: String!) { hello: __typename danger(spec: $spec) { SELECTED } }"

# The selection, the spec, the data, and the paths of the errors; all below `risk`.
PROPAGATION: Final[dict[str, tuple[str, Any, Any, list[list[Any]]]]] = {
    "a field": ("soft plain", {"soft": PUBLIC, "plain": "p"}, {"soft": None, "plain": "p"}, [["soft"]]),
    "a non-null field": ("hard plain", {"hard": PUBLIC}, None, [["hard"]]),
    "null for a non-null field": ("hard", {"hard": None}, None, [["hard"]]),
    "a column": ("plain soft", {"plain": PUBLIC, "soft": "s"}, {"plain": None, "soft": "s"}, [["plain"]]),
    "a non-null column": ("bold", {"bold": None}, None, [["bold"]]),
    "two levels up": ("one { must { hard } }", {"one": {"must": {"hard": PUBLIC}}}, {"one": None}, [["one", "must", "hard"]]),
    "an object": ("one { plain } plain", {"one": PUBLIC, "plain": "p"}, {"one": None, "plain": "p"}, [["one"]]),
    "an item": (
        "some { plain }",
        {"some": [{"plain": "a"}, PUBLIC, None, {"plain": "b"}]},
        {"some": [{"plain": "a"}, None, None, {"plain": "b"}]},
        [["some", 1]],
    ),
    "a field of an item": (
        "some { hard }",
        {"some": [{"hard": "a"}, {"hard": PUBLIC}, {"hard": "c"}]},
        {"some": [{"hard": "a"}, None, {"hard": "c"}]},
        [["some", 1, "hard"]],
    ),
    "an item of a list of non-null items": (
        "each { hard }",
        {"each": [{"hard": "a"}, {"hard": PUBLIC}]},
        {"each": None},
        [["each", 1, "hard"]],
    ),
    "null in a list of non-null items": ("each { plain }", {"each": [None]}, {"each": None}, [["each", 0]]),
    "a non-null list of non-null items": ("all { hard }", {"all": [{"hard": PUBLIC}]}, None, [["all", 0, "hard"]]),
    "an item of an inner list": ("rows", {"rows": [["a"], ["b", None]]}, {"rows": None}, [["rows", 1, 1]]),
    "a value that is not a list": ("some { plain }", {"some": "text"}, {"some": None}, [["some"]]),
    "below an alias": ("x: some { y: soft }", {"some": [{"soft": PUBLIC}]}, {"x": [{"y": None}]}, [["x", 0, "y"]]),
    "below a fragment": ("... on Risk { one { ...f } }", {"one": {"soft": PUBLIC}}, {"one": {"soft": None}}, [["one", "soft"]]),
    "a skipped field": ("plain soft @skip(if: true)", {"plain": "p", "soft": PUBLIC}, {"plain": "p"}, []),
}


@named(PROPAGATION)
async def test_error_makes_the_nearest_nullable_field_null(both: Both, case: tuple[str, Any, Any, list[list[Any]]]) -> None:
    """Everything else is answered, and the error has the path of where it happened."""
    selected, spec, data, paths = case
    query = RISK.replace("SELECTED", selected) + (" fragment f on Risk { soft }" if "...f" in selected else "")

    outcome = await both(query, spec=orjson.dumps(spec).decode())

    assert orjson.dumps({"risk": data}) == orjson.dumps(outcome.data)
    assert [["risk", *path] for path in paths] == [path for _, _, path in outcome.errors]


async def test_error_can_make_data_null(both: Both) -> None:
    """If nothing above the error is nullable, `data` is null."""
    spec = orjson.dumps({"must": {"all": [{"hard": PUBLIC}]}}).decode()

    outcome = await both(DANGER.replace("SELECTED", "must { all { hard } }"), spec=spec)

    assert outcome.data is None
    assert [("REFUSED", "No.", ["danger", "must", "all", 0, "hard"])] == outcome.errors


async def test_error_has_its_location_in_the_document(both: Both) -> None:
    """It has the line and column of the field, for each of its nodes."""
    query = "query ($spec: String!) {\n  risk(spec: $spec) {\n    soft\n    plain\n    soft\n  }\n}"

    outcome = await both(query, spec=orjson.dumps({"soft": PUBLIC}).decode())

    (error,) = outcome.content["errors"]
    assert [{"line": 3, "column": 5}, {"line": 5, "column": 5}] == error["locations"]
    assert {"code": "REFUSED", "argument": "spec"} == error["extensions"]


@pytest.mark.parametrize(
    ("kind", "code", "message"),
    [
        ("public", "REFUSED", "No."),
        ("unexpected", "INTERNAL", "Internal server error"),
        ("key", "INTERNAL", "Internal server error"),
        ("graphql", "INTERNAL", "Internal server error"),
    ],
)
@pytest.mark.parametrize("way", ["fail", "break"])
async def test_only_public_errors_are_shown(both: Both, kind: str, code: str, message: str, way: str) -> None:
    """An error raised on purpose keeps its code and message; any other is INTERNAL, wherever it was raised."""
    outcome = await both(
        RISK.replace("SELECTED", "plain soft"), spec=orjson.dumps({"plain": "p", "soft": {way: kind}}).decode()
    )

    assert {"risk": {"plain": "p", "soft": None}} == outcome.data
    assert [(code, message, ["risk", "soft"])] == outcome.errors
    assert b"swordfish" not in outcome.body


async def test_failed_batch_is_an_error_of_each_parent(both: Both) -> None:
    """An exception of a batch resolver affects all parents; a value that is an exception affects one."""
    items = [{"soft": "a", "hard": "x"}, {"soft": {"break": "public"}, "hard": "y"}, {"soft": "c", "hard": "z"}]

    outcome = await both(RISK.replace("SELECTED", "some { soft hard }"), spec=orjson.dumps({"some": items}).decode())

    assert [{"soft": None, "hard": hard} for hard in "xyz"] == outcome.data["risk"]["some"]
    assert [["risk", "some", index, "soft"] for index in range(3)] == sorted(path for _, _, path in outcome.errors)


async def test_batch_with_too_few_values_fails(both: Both) -> None:
    """No value reaches the wrong parent."""
    items = [{"soft": {"short": True}}, {"soft": "b"}]

    outcome = await both(RISK.replace("SELECTED", "some { soft }"), spec=orjson.dumps({"some": items}).decode())

    assert [{"soft": None}, {"soft": None}] == outcome.data["risk"]["some"]
    assert {"INTERNAL"} == {code for code, _, _ in outcome.errors}


SEVERAL: Final = {
    "siblings": ("a: soft plain b: soft one { soft }", {"soft": PUBLIC, "plain": PUBLIC, "one": {"soft": {"fail": "key"}}}),
    "in a list": ("some { soft plain }", {"some": [{"soft": PUBLIC}, {"plain": PUBLIC}, {"soft": PUBLIC, "plain": PUBLIC}]}),
    "at several depths": ("one { soft one { soft } } soft", {"soft": PUBLIC, "one": {"soft": PUBLIC, "one": {"soft": PUBLIC}}}),
    "two below one null": ("must { hard bold }", {"must": {"hard": PUBLIC, "bold": PUBLIC}}),
    "a null and another below it": ("must { soft hard }", {"must": {"soft": PUBLIC, "hard": PUBLIC}}),
    "items of one list": ("each { hard }", {"each": [{"hard": PUBLIC}, {"hard": PUBLIC}]}),
    "a list and a field next to it": ("all { hard } soft", {"all": [{"hard": PUBLIC}, {"hard": None}], "soft": PUBLIC}),
    "a column and a resolver": ("plain soft bold", {"plain": PUBLIC, "soft": PUBLIC, "bold": PUBLIC}),
    "an awaited field below a column": (
        "must { must { must { hard } } hard }",
        {"must": {"must": {"must": {"hard": PUBLIC}}, "hard": PUBLIC}},
    ),
}


@named(SEVERAL)
@pytest.mark.parametrize("document", [RISK, DANGER])
async def test_several_errors_are_reported_the_same(both: Both, case: tuple[str, Any], document: str) -> None:
    """The order and number of errors are the same, whichever field becomes null."""
    selected, spec = case

    outcome = await both(document.replace("SELECTED", selected), spec=orjson.dumps(spec).decode())

    assert outcome.errors


HIDDEN: Final[dict[str, tuple[Any, str, Any, list[list[Any]]]]] = {
    "alone": ([{"hide": ["name"]}], "name size", [{"name": None, "size": 1}], [["secrets", "*", "name"]]),
    "in all items": ([{"hide": ["name"]}] * 2, "name", [{"name": None}] * 2, [["secrets", "*", "name"]]),
    "in some items": ([{}, {"hide": ["name"]}], "name", [{"name": "n"}, {"name": None}], [["secrets", 1, "name"]]),
    "under an alias": ([{"hide": ["name"]}], "x: name", [{"x": None}], [["secrets", "*", "x"]]),
    "twice": (
        [{"hide": ["name"]}],
        "name x: name name",
        [{"name": None, "x": None}],
        [["secrets", "*", "name"], ["secrets", "*", "x"]],
    ),
    "a relation": ([{"hide": ["next"], "next": {}}], "next { name }", [{"next": None}], [["secrets", "*", "next"]]),
    "below a relation": (
        [{"next": {"hide": ["name"]}}],
        "next { name }",
        [{"next": {"name": None}}],
        [["secrets", "*", "next", "name"]],
    ),
    "in lists of lists": (
        [{"parts": [[{"hide": ["name"]}, None], []]}],
        "parts { name }",
        [{"parts": [[{"name": None}, None], []]}],
        [["secrets", "*", "parts", 0, "*", "name"]],
    ),
    "not a skipped field": ([{"hide": ["name"]}], "size name @skip(if: true)", [{"size": 1}], []),
    "in a fragment": ([{"hide": ["name"]}], "... { name } ...f", [{"name": None}], [["secrets", "*", "name"]]),
}


@named(HIDDEN)
async def test_hidden_field_is_null_and_reported(both: Both, case: tuple[Any, str, Any, list[list[Any]]]) -> None:
    """Its resolver doesn't run, and the redaction has the path in the answer."""
    spec, selected, data, redacted_paths = case
    query = f"query ($s: String!) {{ secrets(spec: $s) {{ {selected} }} }}"

    outcome = await both(
        query + (" fragment f on Secret { name }" if "...f" in selected else ""), s=orjson.dumps(spec).decode()
    )

    redactions = outcome.content["extensions"].get("redactions", [])
    assert orjson.dumps({"secrets": data}) == orjson.dumps(outcome.data)
    assert (redacted_paths, []) == ([entry["path"] for entry in redactions], outcome.errors)


async def test_hidden_non_null_field_is_an_error(both: Both) -> None:
    """Policy must not hide such a field. If it does, nothing is shown, and no redaction has a path that isn't in the answer."""
    outcome = await both('{ secrets(spec: "[{\\"hide\\": [\\"size\\"]}]") { name size } }')

    assert outcome.data is None
    assert [["secrets", 0, "size"]] == [path for _, _, path in outcome.errors]
    assert {} == outcome.content["extensions"]
