"""The schema: named as the project's core names it, described throughout, and guarded by policy in every field."""

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
from policies.catalogue import CATALOGUE
from policies.check import check, shapes
from policies.errors import PolicyError
from policies.policy import Policy
from policies.predicate import FALSE, TRUE
from policies.reason import Reason
from policies.source import FIELD_RULES, Rule
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
    """Everything that has a description, by its place: types, fields, arguments, values."""
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
    """Each type, field, argument and input field tells in a sentence what it means."""
    wordless = [place for place, text in described() if not text]
    ours = [(place, text or "") for place, text in described() if place not in STRAWBERRYS_OWN]

    assert ([], []) == (wordless, [place for place, text in ours if not text.endswith((".", '."'))])


def test_descriptions_name_no_rule() -> None:
    """A description is for clients; the numbers of our rules are for us."""
    assert [] == [place for place, text in described() if re.search(r"\b[RAVX]\d+", text or "")]


def test_core_names_stand() -> None:
    """What clients rely on has the name, the type and the arguments that the project has promised."""
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
    """Each guarded field that is never null."""
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
    """The policy of the gateway."""
    return server.load_policy()


def test_policy_and_schema_fit(policy: Policy) -> None:
    """Each field has a rule, each rule a field and a viewer, and no field that is never null is hidden from any shape."""
    assert [] == check(policy, GUARDED, required())


def test_what_is_never_null_is_visible_in_every_row(policy: Policy) -> None:
    """For every shape that reads any row of a type, each field that is never null is decided TRUE, whatever the row."""
    fields = required()
    hidden = [
        (entity, field, shape)
        for shape in shapes()
        for entity, field in fields
        if (decision := policy.decide(shape, entity)).rows != FALSE and decision.fields[field].visible != TRUE
    ]

    assert [] == hidden


def test_every_type_of_policy_is_in_the_schema() -> None:
    """What policy speaks of can be asked for, but for the link between an offer and its buyers, and what quotes are made of."""
    assert {"OfferBuyer", "Price"} == {entity.name for entity in CATALOGUE} - set(GUARDED)


def test_a_field_that_may_be_hidden_may_be_null(policy: Policy) -> None:
    """Whatever some shape does not see in some row is nullable in the schema, so that an answer survives it."""
    hidden = {
        (entity, field)
        for shape in shapes()
        for entity, fields in GUARDED.items()
        for field in fields
        if (decision := policy.decide(shape, entity)).rows != FALSE and decision.fields[field].visible != TRUE
    }

    assert set() == hidden & set(required())
    assert {("Port", "monthly_rate"), ("Company", "account_kind"), ("User", "email")} <= hidden


def test_a_field_that_needs_an_ability_may_be_null(policy: Policy) -> None:
    """A field of no row that policy withholds from some shape is nullable, and its ability is one that rules name."""
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


def test_what_hides_prices_hides_what_they_come_to(policy: Policy) -> None:
    """No shape that does not see the price of every port that it reads is told what ports cost together."""
    sums = {"Dashboard": "monthly_spend"}
    told = [
        (entity, shape)
        for shape in shapes()
        for entity, field in sums.items()
        if policy.decide(shape, "Port").fields["monthly_rate"].visible != TRUE
        and policy.decide(shape, entity).fields[field].visible != FALSE
    ]

    assert [] == told


def rules(kind: str) -> list[Rule]:
    """The rules of a kind."""
    return [rule for rule in server.load_policy().rules if rule.name == kind]


def without(rule: Rule, directory: Path) -> Path:
    """The policies in another directory, one rule taken out."""
    shutil.copytree(POLICIES, directory, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    file, line = rule.place.rsplit(":", 1)
    path = directory / Path(file).name
    lines = path.read_text("utf-8").splitlines()
    end = next(number for number in range(int(line) - 1, len(lines)) if lines[number].endswith(";"))
    path.write_text("\n".join(lines[: int(line) - 1] + lines[end + 1 :]), "utf-8")
    return directory


def named_once() -> list[Rule]:
    """The rules that alone allow some field."""
    fields = [(rule.entity, field) for rule in rules("allow_field") for field in rule.fields or ()]
    alone = {field for field in fields if fields.count(field) == 1}
    return [rule for rule in rules("allow_field") if alone & {(rule.entity, field) for field in rule.fields or ()}]


@pytest.mark.parametrize("rule", named_once(), ids=lambda rule: str(rule.place))
def test_a_field_without_a_rule_stops_the_start(rule: Rule, tmp_path: Path) -> None:
    """Without the rule that allows it a field is an error, which names the field, and not a field that everybody sees."""
    directory = without(rule, tmp_path / "policies")

    with pytest.raises(PolicyError, match=rf"{rule.entity}\.\w+: no allow_field rule names it|unknown field of {rule.entity}"):
        Policy.load(directory, CATALOGUE).check_fields(GUARDED)


@pytest.mark.parametrize("kind", FIELD_RULES)
def test_a_rule_without_a_field_stops_the_start(kind: str, tmp_path: Path) -> None:
    """A rule that names what the schema does not have is an error with its file and line: a slip of the pen hides nothing."""
    rule = next(rule for rule in rules(kind) if rule.entity == "Port" and rule.fields)
    field = (rule.fields or ("",))[-1]
    shutil.copytree(POLICIES, tmp_path / "policies", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    path = tmp_path / "policies" / "port.polar"
    lines = path.read_text("utf-8").splitlines()
    start = int(rule.place.rsplit(":", 1)[1]) - 1
    place = next(number for number in range(start, len(lines)) if f'"{field}"' in lines[number])
    lines[place] = lines[place].replace(f'"{field}"', f'"{field}s"')
    path.write_text("\n".join(lines), "utf-8")

    with pytest.raises(PolicyError, match=rf'port\.polar:\d+: (Port has no field {field}s|unknown field of Port "{field}s?")'):
        Policy.load(tmp_path / "policies", CATALOGUE).check_fields(GUARDED)


CODES: Final = tuple(  # how codes of refusals are written
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
    """Every code that an error of the gateway may have."""
    found = {errors.INTERNAL, errors.VALIDATION_FAILED, errors.BAD_USER_INPUT}
    coming = [PublicError]
    while coming:
        kind = coming.pop()
        coming += kind.__subclasses__()
        if "code" in vars(kind) and kind.__module__.partition(".")[0] != "tests":
            found.add(kind.code)
    for path in (ROOT / "transport").rglob("*.py"):
        text = path.read_text("utf-8")
        for form in CODES:
            found |= set(form.findall(text))
    return found


def test_every_code_is_documented() -> None:
    """Each code that a client may meet has a line in the reference, and the reference has no other."""
    before, _, rest = (ROOT / "docs" / "errors.md").read_text("utf-8").partition("## Of a mutation")
    of_mutations, _, after = rest.partition("\n## ")
    documented, problems = (re.findall(r"^\| `([A-Z_]+)`", text, re.MULTILINE) for text in (before + after, of_mutations))

    assert codes() == set(documented)
    assert sorted(ErrorCode) == sorted(problems)
    assert issubclass(refusal.BadRequest, refusal.Refusal)


def test_every_reason_is_documented() -> None:
    """Each reason of a redaction has a line in the reference, and the reference has no other."""
    documented = re.findall(r"^\| `([A-Z_]+)`", (ROOT / "docs" / "redactions.md").read_text("utf-8"), re.MULTILINE)

    assert sorted(map(str, Reason)) == sorted(documented)
