"""The schema: it has the promised core names, describes everything, and has a policy rule for every field."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    build_schema,
    is_introspection_type,
)

import server
from policies.analysis.check import check, shapes
from policies.catalogue import CATALOGUE
from policies.errors import PolicyError
from policies.evaluation.policy import Policy
from policies.language.source import FIELD_RULES, Rule
from policies.predicates.predicate import FALSE, TRUE
from policies.reason import Reason
from resolvers.values.errors import PublicError
from resolvers.writing.user_errors import ErrorCode
from schema.building.fields import FieldDefinition
from schema.schema import guarded_fields
from tests.schema.outline import SCHEMA, object_type
from transport import errors, refusal

ROOT: Final = Path(__file__).parents[2]
POLICIES: Final = ROOT / "policies"
GUARDED: Final = guarded_fields()
CORE: Final = Path(__file__).with_name("core.graphql")
STRAWBERRYS_OWN: Final = {"Date", "DateTime", "Decimal"}
GRAPHQLS_OWN: Final = {"Boolean", "Float", "ID", "Int", "String"}


def described() -> Iterator[tuple[str, str | None]]:
    """Yield each type, field, argument and input field with its description."""
    for kind in SCHEMA.type_map.values():
        if is_introspection_type(kind) or kind.name in GRAPHQLS_OWN:
            continue
        yield kind.name, kind.description
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in kind.fields.items():
                yield f"{kind.name}.{name}", field.description
                yield from ((f"{kind.name}.{name}({each}:)", argument.description) for each, argument in field.args.items())
        if isinstance(kind, GraphQLInputObjectType):
            yield from ((f"{kind.name}.{name}", field.description) for name, field in kind.fields.items())


def test_everything_is_described() -> None:
    """Each type, field, argument and input field is described in full sentences."""
    undescribed = [place for place, text in described() if not text]
    ours = [(place, text or "") for place, text in described() if place not in STRAWBERRYS_OWN]

    assert ([], []) == (undescribed, [place for place, text in ours if not text.endswith((".", '."'))])


def test_descriptions_have_no_rule_numbers() -> None:
    """Descriptions are for clients; rule numbers are internal."""
    assert [] == [place for place, text in described() if re.search(r"\b[RAVX]\d+", text or "")]


def test_core_names_do_not_change() -> None:
    """Everything in the promised core has its name, type and arguments."""
    core = build_schema(CORE.read_text("utf-8"))
    missing = []
    for name, kind in core.type_map.items():
        if is_introspection_type(kind) or name in GRAPHQLS_OWN:
            continue
        found = SCHEMA.get_type(name)
        if not isinstance(found, type(kind)):
            missing.append(name)
        elif isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            assert isinstance(found, GraphQLObjectType | GraphQLInterfaceType)
            missing += _missing(kind, found)
            missing += [f"{name} implements {each}" for each in {*map(str, kind.interfaces)} - {*map(str, found.interfaces)}]
        elif isinstance(kind, GraphQLEnumType):
            assert isinstance(found, GraphQLEnumType)
            missing += [f"{name}.{value}" for value in {*kind.values} - {*found.values}]

    assert [] == missing


def _missing(kind: GraphQLObjectType | GraphQLInterfaceType, found: GraphQLObjectType | GraphQLInterfaceType) -> list[str]:
    problems = []
    for name, field in kind.fields.items():
        other = found.fields.get(name)
        if other is None or str(other.type) != str(field.type):
            problems.append(f"{kind.name}.{name}: {field.type}, not {other and other.type}")
            continue
        for each, argument in field.args.items():
            if each not in other.args or str(other.args[each].type) != str(argument.type):
                problems.append(f"{kind.name}.{name}({each}: {argument.type})")
    return problems


def required() -> list[tuple[str, str]]:
    """Return each guarded field that is never null."""
    names = {entity: object_type(entity).fields for entity in GUARDED}
    return [
        (entity, field)
        for entity, fields in GUARDED.items()
        for field in sorted(fields)
        if isinstance(names[entity][_camel(field)].type, GraphQLNonNull)
    ]


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


@pytest.fixture(scope="module")
def policy() -> Policy:
    """Return the gateway's policy."""
    return server.load_policy()


def test_policy_matches_the_schema(policy: Policy) -> None:
    """Each field has a rule, each rule has a field and a viewer, and no non-null field is hidden from any viewer shape."""
    assert [] == check(policy, GUARDED, required())


def test_non_null_fields_are_visible_in_every_row(policy: Policy) -> None:
    """For every viewer shape that reads rows of a type, each non-null field is decided TRUE for every row."""
    fields = required()
    hidden = [
        (entity, field, shape)
        for shape in shapes()
        for entity, field in fields
        if (decision := policy.decide(shape, entity)).rows != FALSE and decision.fields[field].visible != TRUE
    ]

    assert [] == hidden


def test_every_entity_is_in_the_schema() -> None:
    """Every entity can be queried except the link between an offer and its buyers, and the prices behind quotes."""
    assert {"OfferBuyer", "Price", "ProductTestAccount"} == {entity.name for entity in CATALOGUE} - set(GUARDED)


def test_field_that_can_be_hidden_is_nullable(policy: Policy) -> None:
    """A field that some viewer shape can't see in some row is nullable, so that hiding it doesn't null its parent."""
    hidden = {
        (entity, field)
        for shape in shapes()
        for entity, fields in GUARDED.items()
        for field in fields
        if (decision := policy.decide(shape, entity)).rows != FALSE and decision.fields[field].visible != TRUE
    }

    assert set() == hidden & set(required())
    assert {("Port", "monthly_rate"), ("Company", "account_kind"), ("User", "email")} <= hidden


def test_field_that_needs_an_ability_is_nullable(policy: Policy) -> None:
    """A field outside rows that policy withholds from some viewer shape is nullable, and its ability is named by rules."""
    kinds = [kind for kind in SCHEMA.type_map.values() if isinstance(kind, GraphQLObjectType)]
    needing = {
        f"{kind.name}.{name}": (definition.ability, isinstance(field.type, GraphQLNonNull))
        for kind in kinds
        for name, field in kind.fields.items()
        if isinstance(definition := (field.extensions or {}).get("strawberry-definition"), FieldDefinition)
        and definition.ability
    }

    wanted = {
        "Query.quote": ("quote", False),
        "Viewer.dashboard": ("have_dashboard", False),
        "Viewer.partnerDocumentation": ("read_partner_documentation", False),
    }
    assert wanted == needing
    assert all(any(policy.denial_reason(shape, str(ability)) for shape in shapes()) for ability, _ in needing.values())


def test_hidden_prices_hide_their_sums(policy: Policy) -> None:
    """A viewer shape that doesn't see the price of every port it reads doesn't see their total either."""
    sums = {"Dashboard": "monthly_spend"}
    leaks = [
        (entity, shape)
        for shape in shapes()
        for entity, field in sums.items()
        if policy.decide(shape, "Port").fields["monthly_rate"].visible != TRUE
        and policy.decide(shape, entity).fields[field].visible != FALSE
    ]

    assert [] == leaks


def rules(kind: str) -> list[Rule]:
    """Return the policy's rules of a kind."""
    return [rule for rule in server.load_policy().rules if rule.name == kind]


def without(rule: Rule, directory: Path) -> Path:
    """Copy the policies to a directory without one rule."""
    shutil.copytree(POLICIES, directory, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    file, line = rule.place.rsplit(":", 1)
    path = directory / Path(file).name
    lines = path.read_text("utf-8").splitlines()
    end = next(number for number in range(int(line) - 1, len(lines)) if lines[number].endswith(";"))
    path.write_text("\n".join(lines[: int(line) - 1] + lines[end + 1 :]), "utf-8")
    return directory


def named_once() -> list[Rule]:
    """Return the rules that are the only ones to allow some field."""
    fields = [(rule.entity, field) for rule in rules("allow_field") for field in rule.fields or ()]
    alone = {field for field in fields if fields.count(field) == 1}
    return [rule for rule in rules("allow_field") if alone & {(rule.entity, field) for field in rule.fields or ()}]


@pytest.mark.parametrize("rule", named_once(), ids=lambda rule: str(rule.place))
def test_field_without_a_rule_prevents_startup(rule: Rule, tmp_path: Path) -> None:
    """A field that no rule allows is an error that names the field; it doesn't become visible to everyone."""
    directory = without(rule, tmp_path / "policies")

    with pytest.raises(
        PolicyError, match=rf"{rule.entity}\.\w+: No allow_field rule names this field|Unknown field of {rule.entity}"
    ):
        Policy.load(directory, CATALOGUE).check_fields(GUARDED)


@pytest.mark.parametrize("kind", sorted(FIELD_RULES))
def test_rule_without_a_field_prevents_startup(kind: str, tmp_path: Path) -> None:
    """A rule that names an unknown field is an error with file and line, so that a typo can't go unnoticed."""
    rule = next(rule for rule in rules(kind) if rule.entity == "Port" and rule.fields)
    field = (rule.fields or ("",))[-1]
    shutil.copytree(POLICIES, tmp_path / "policies", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    path = tmp_path / "policies" / "port.polar"
    lines = path.read_text("utf-8").splitlines()
    start = int(rule.place.rsplit(":", 1)[1]) - 1
    place = next(number for number in range(start, len(lines)) if f'"{field}"' in lines[number])
    lines[place] = lines[place].replace(f'"{field}"', f'"{field}s"')
    path.write_text("\n".join(lines), "utf-8")

    with pytest.raises(PolicyError, match=rf'port\.polar:\d+: (Port has no field {field}s|Unknown field of Port "{field}s?")'):
        Policy.load(tmp_path / "policies", CATALOGUE).check_fields(GUARDED)


CODES: Final = tuple(  # patterns of error codes in transport's source
    re.compile(form)
    for form in (
        r'HTTPStatus\.\w+, "([A-Z_]+)"',
        r'\(status, "([A-Z_]+)"',
        r'_capacity\("([A-Z_]+)"',
        r'code: str = "([A-Z_]+)"',
        r'super\(\).__init__\(.*, "([A-Z_]+)"\)',
        r'CODE: Final = "([A-Z_]+)"',
    )
)


def codes() -> set[str]:
    """Return every error code that the gateway can send."""
    found = {errors.INTERNAL, errors.VALIDATION_FAILED, errors.BAD_USER_INPUT}
    pending = [PublicError]
    while pending:
        kind = pending.pop()
        pending += kind.__subclasses__()
        if "code" in vars(kind) and kind.__module__.partition(".")[0] != "tests":
            found.add(kind.code)
    for path in (ROOT / "transport").rglob("*.py"):
        text = path.read_text("utf-8")
        for form in CODES:
            found |= set(form.findall(text))
    return found


def test_every_code_is_documented() -> None:
    """The reference lists exactly the codes that a client can get."""
    before, _, rest = (ROOT / "docs" / "api" / "errors.md").read_text("utf-8").partition("## Mutation errors")
    of_mutations, _, after = rest.partition("\n## ")
    documented, problems = (re.findall(r"^\| `([A-Z_]+)`", text, re.MULTILINE) for text in (before + after, of_mutations))

    assert codes() == set(documented)
    assert sorted(ErrorCode) == sorted(problems)
    assert issubclass(refusal.BadRequest, refusal.Refusal)


def test_every_reason_is_documented() -> None:
    """The reference lists exactly the redaction reasons."""
    documented = re.findall(r"^\| `([A-Z_]+)`", (ROOT / "docs" / "api" / "redactions.md").read_text("utf-8"), re.MULTILINE)

    assert sorted(map(str, Reason)) == sorted(documented)
