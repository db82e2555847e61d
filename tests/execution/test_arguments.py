"""Argument values: literals, variables, defaults, nulls, inputs, lists, enums, and invalid ones (§6.1, §6.4.1)."""

from __future__ import annotations

from typing import Any, Final

from tests.execution.both_executors import Both
from tests.execution.cases import Case, named

ECHO: Final = {
    "none": ("{ echo }", ""),
    "literals": (
        '{ echo(number: -7, real: 1, flag: false, text: "a\\"é", key: 5) }',
        "flag=False, key='5', number=-7, real=1.0, text='a\"é'",
    ),
    "text in a block": ('{ echo(text: """\n  two\n    lines\n""") }', "text='two\\n  lines'"),
    "null": ("{ echo(number: null, text: null) }", "number=None, text=None"),
    "scalars": (
        '{ echo(amount: "1.50", day: "2026-05-01", uuid: "00000000-0000-0000-0000-000000000007", url: "x") }',
        "amount=Decimal('1.50'), day=datetime.date(2026, 5, 1), url='x', uuid=UUID('00000000-0000-0000-0000-000000000007')",
    ),
    "enums": ("{ echo(colour: RED, size: LARGE) }", "colour=<Colour.RED: '#f00'>, size=<Size.LARGE: 'LARGE'>"),
    "lists": (
        "{ echo(numbers: [1, 2], matrix: [[1, null], null, []], colours: [GREEN]) }",
        "colours=[<Colour.GREEN: 2>], matrix=[[1, None], None, []], numbers=[1, 2]",
    ),
    "one item instead of a list": ("{ echo(numbers: 1, matrix: 2) }", "matrix=[[2]], numbers=[1]"),
    "an input and its defaults": (
        "{ echo(given: {number: 1}) }",
        "given={'number': 1, 'colour': <Colour.GREEN: 2>, 'flags': [True]}",
    ),
    "an input within an input": (
        "{ echo(given: {number: 1, inner: {}}) }",
        "given={'number': 1, 'colour': <Colour.GREEN: 2>, 'inner': {'word': 'inner', 'size': <Size.SMALL: 'SMALL'>}, "
        "'flags': [True]}",
    ),
}


@named(ECHO)
async def test_literals_reach_resolvers_as_values(both: Both, case: tuple[str, str]) -> None:
    """A resolver gets the literal as the argument's type says, and nothing for an omitted argument."""
    query, said = case

    await Case(query, {"echo": said}).check(both)


VARIABLES: Final[dict[str, tuple[str, dict[str, Any], str]]] = {
    "given": ("query ($v: Int) { echo(number: $v) }", {"v": 3}, "number=3"),
    "null": ("query ($v: Int) { echo(number: $v) }", {"v": None}, "number=None"),
    "omitted": ("query ($v: Int) { echo(number: $v) }", {}, ""),
    "with a default, passed": ("query ($v: Int = 4) { echo(number: $v) }", {"v": 3}, "number=3"),
    "with a default, null": ("query ($v: Int = 4) { echo(number: $v) }", {"v": None}, "number=None"),
    "with a default, omitted": ("query ($v: Int = 4) { echo(number: $v) }", {}, "number=4"),
    "with null as default": ("query ($v: Int = null) { echo(number: $v) }", {}, "number=None"),
    "non-null, with a default": ("query ($v: Int! = 4) { echo(number: $v) }", {}, "number=4"),
    "used twice": ("query ($v: Int!) { echo(number: $v, numbers: [$v, 1, $v]) }", {"v": 2}, "number=2, numbers=[2, 1, 2]"),
    "a list": ("query ($v: [Int!]) { echo(numbers: $v) }", {"v": [1, 2]}, "numbers=[1, 2]"),
    "one item instead of a list": ("query ($v: [Int!]) { echo(numbers: $v) }", {"v": 1}, "numbers=[1]"),
    "within lists": ("query ($v: Int) { echo(matrix: [[1, $v], [$v]]) }", {}, "matrix=[[1, None], [None]]"),
    "an enum": ("query ($v: Colour) { echo(colour: $v) }", {"v": "GREEN"}, "colour=<Colour.GREEN: 2>"),
    "an enum as default": ("query ($v: Size = LARGE) { echo(size: $v) }", {}, "size=<Size.LARGE: 'LARGE'>"),
    "a scalar": ("query ($v: Decimal) { echo(amount: $v) }", {"v": "2.50"}, "amount=Decimal('2.50')"),
    "an Int for a Float": ("query ($v: Float) { echo(real: $v) }", {"v": 2}, "real=2.0"),
    "a number for an ID": ("query ($v: ID) { echo(key: $v) }", {"v": 2}, "key='2'"),
    "an input": (
        "query ($v: Given) { echo(given: $v) }",
        {"v": {"number": 1, "flags": [None], "optional": None}},
        "given={'number': 1, 'colour': <Colour.GREEN: 2>, 'flags': [None]}",
    ),
    "within an input": (
        "query ($n: Int!, $o: Float) { echo(given: {number: $n, optional: $o}) }",
        {"n": 5},
        "given={'number': 5, 'colour': <Colour.GREEN: 2>, 'flags': [True]}",
    ),
    "in a fragment": ("query ($v: Int) { ...f } fragment f on Query { echo(number: $v) }", {"v": 9}, "number=9"),
    "unknown ones are ignored": ("query ($v: Int) { echo(number: $v) }", {"v": 1, "w": 2}, "number=1"),
}


@named(VARIABLES)
async def test_variables_reach_resolvers_as_values(both: Both, case: tuple[str, dict[str, Any], str]) -> None:
    """A variable has its value or its default. One without either is as if the argument were omitted."""
    query, variables, said = case

    await Case(query, {"echo": said}, variables).check(both)


INT: Final = "query ($v: Int!) { mustEcho(number: $v, given: {number: 1}) }"
WRONG: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "missing": (INT, {}),
    "null": (INT, {"v": None}),
    "of the wrong type": (INT, {"v": "one"}),
    "a Boolean": (INT, {"v": True}),
    "too large": (INT, {"v": 2**31}),
    "not an integer": (INT, {"v": 1.5}),
    "with an unknown input field": ("query ($v: Given) { echo(given: $v) }", {"v": {"number": 1, "x": 1}}),
    "without a required input field": ("query ($v: Given) { echo(given: $v) }", {"v": {}}),
    "with an unknown enum value": ("query ($v: Colour) { echo(colour: $v) }", {"v": "#f00"}),
    "null in a list of non-null items": ("query ($v: [Int!]) { echo(numbers: $v) }", {"v": [1, None]}),
    "of an invalid scalar": ("query ($v: Date) { echo(day: $v) }", {"v": "tomorrow"}),
    "several": ("query ($a: Int, $b: Size) { echo(number: $a, size: $b) }", {"a": "x", "b": "y"}),
    "deep": ("query ($v: [Given!]) { echo(many: $v) }", {"v": [{"number": 1}, {"number": 2, "inners": [{"size": "X"}]}]}),
}


@named(WRONG)
async def test_invalid_variables_are_errors_of_the_request(both: Both, case: tuple[str, dict[str, Any]]) -> None:
    """Nothing is executed with a missing or invalid variable; the errors have no path."""
    query, variables = case

    outcome = await both(query, **variables)

    assert outcome.data is None
    assert {("BAD_USER_INPUT", None)} == {(code, path) for code, _, path in outcome.errors}


async def test_missing_variable_is_named(both: Both) -> None:
    """The message has the variable's name and its type."""
    outcome = await both(INT)

    (message,) = [message for _, message, _ in outcome.errors]
    assert "$v" in message
    assert "Int!" in message


async def test_null_for_a_non_null_argument_is_an_error_of_its_field(both: Both) -> None:
    """A nullable variable with a default is allowed for a non-null argument: a null is found when the field runs."""
    outcome = await both('query ($v: Int = 1) { person(id: "p1") { id } mustEcho(number: $v, given: {number: 1}) }', v=None)

    assert outcome.data is None
    assert [("BAD_USER_INPUT", ["mustEcho"])] == [(code, path) for code, _, path in outcome.errors]


async def test_unparsable_scalar_is_an_error(both: Both) -> None:
    """A literal of a custom scalar is parsed when its document is validated."""
    outcome = await both('{ echo(day: "tomorrow") }')

    assert outcome.data is None
    assert ["GRAPHQL_VALIDATION_FAILED"] == [code for code, _, _ in outcome.errors]


INVALID: Final = {
    "an unknown field": "{ nothing }",
    "an unknown argument": "{ echo(nothing: 1) }",
    "a missing argument": "{ person { id } }",
    "a leaf with a selection": "{ echo { a } }",
    "an object without a selection": "{ people }",
    "an unused fragment": "{ echo } fragment f on Query { echo }",
    "a cycle of fragments": "{ ...f } fragment f on Query { ...f }",
    "a conflict": '{ echo(text: "a") echo(text: "b") }',
    "an impossible spread": "{ people { ... on Book { id } } }",
    "an undeclared variable": "{ echo(number: $v) }",
    "a variable of the wrong type": "query ($v: String) { echo(number: $v) }",
    "an unknown directive": "{ echo @nothing }",
}


@named(INVALID)
async def test_invalid_document_is_not_executed(both: Both, case: str) -> None:
    """Validation runs before either executor, with the same result for both."""
    outcome = await both(case)

    assert outcome.data is None
    assert {"GRAPHQL_VALIDATION_FAILED"} == {code for code, _, _ in outcome.errors}


async def test_document_has_its_own_answer_for_each_value_of_a_variable(both: Both) -> None:
    """A plan doesn't keep the arguments of an earlier request."""
    document = "query ($v: Int = 4) { echo(number: $v) people { works(first: $v) { __typename } } }"
    found = [await both.planned(document, **variables) for variables in ({"v": 0}, {"v": 1}, {}, {"v": None}, {"v": 0})]

    assert ["number=0", "number=1", "number=4", "number=None", "number=0"] == [each.data["echo"] for each in found]
    assert [0, 3, 4, 4, 0] == [sum(len(person["works"]) for person in each.data["people"]) for each in found]


async def test_arguments_of_the_same_field_do_not_mix(both: Both) -> None:
    """The same field has different arguments at every level and within one operation."""
    outcome = await both.planned(
        "query ($v: Int) { a: echo(number: 1) b: echo(number: $v) c: echo d: echo(number: null)"
        " people { x: works(first: 1) { ...t } y: works(first: $v) { ...t } z: works { ...t } } } fragment t on Thing { id }",
        v=0,
    )

    assert ["number=1", "number=0", "", "number=None"] == [outcome.data[name] for name in "abcd"]
    assert [(1, 0, 2), (1, 0, 1), (1, 0, 1)] == [
        tuple(len(person[name]) for name in "xyz") for person in outcome.data["people"]
    ]
