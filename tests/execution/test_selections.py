"""Selections: aliases, fragments, types, directives, and the order of the answer (specification, §6.3)."""

from __future__ import annotations

from typing import Final

from tests.execution.both_executors import Both
from tests.execution.cases import Case, named

ADA: Final = '(id: "p1")'

ALIASES: Final = {
    "a field has its alias as name": Case(f"{{ who: person{ADA} {{ called: name }} }}", {"who": {"called": "Ada"}}),
    "one field under two names": Case(
        '{ a: person(id: "p1") { name } b: person(id: "p2") { name } }', {"a": {"name": "Ada"}, "b": {"name": "Bo"}}
    ),
    "the same arguments under two names": Case(
        f"{{ a: person{ADA} {{ name }} b: person{ADA} {{ id }} }}", {"a": {"name": "Ada"}, "b": {"id": "p1"}}
    ),
    "names swapped": Case(f"{{ person{ADA} {{ id: name name: id }} }}", {"person": {"id": "Ada", "name": "p1"}}),
    "different arguments in a list": Case(
        "{ people { some: works(first: 1) { __typename } all: works { __typename } } }",
        {
            "people": [
                {"some": [{"__typename": "Book"}], "all": [{"__typename": "Book"}, {"__typename": "Book"}]},
                {"some": [{"__typename": "Book"}], "all": [{"__typename": "Book"}]},
                {"some": [{"__typename": "Book"}], "all": [{"__typename": "Book"}]},
            ]
        },
    ),
    "names that are keywords of Python": Case(
        f"{{ class: person{ADA} {{ self: name None: id _: id __: id }} }}",
        {"class": {"self": "Ada", "None": "p1", "_": "p1", "__": "p1"}},
    ),
}


@named(ALIASES)
async def test_aliases_name_the_fields_of_the_answer(both: Both, case: Case) -> None:
    """Each alias has its own arguments."""
    await case.check(both)


FRAGMENTS: Final = {
    "a named fragment": Case(f"{{ person{ADA} {{ ...a }} }} fragment a on Author {{ name }}", {"person": {"name": "Ada"}}),
    "nested": Case(
        f"{{ person{ADA} {{ ...a }} }} fragment a on Author {{ id ...b }} fragment b on Author {{ name }}",
        {"person": {"id": "p1", "name": "Ada"}},
    ),
    "repeated": Case(
        f"{{ person{ADA} {{ ...a name ...a }} }} fragment a on Author {{ id }}", {"person": {"id": "p1", "name": "Ada"}}
    ),
    "in two places": Case(
        '{ a: person(id: "p1") { ...n } b: person(id: "p3") { ...n } } fragment n on Author { name }',
        {"a": {"name": "Ada"}, "b": {"name": "Cy"}},
    ),
    "of the root": Case(f"{{ ...q }} fragment q on Query {{ person{ADA} {{ id }} }}", {"person": {"id": "p1"}}),
    "inline without a type": Case(f"{{ ... {{ person{ADA} {{ ... {{ id }} }} }} }}", {"person": {"id": "p1"}}),
    "inline of the same type": Case(f"{{ person{ADA} {{ ... on Author {{ id }} }} }}", {"person": {"id": "p1"}}),
    "on the types of a union": Case(
        "{ media { ... on Book { pages } ... on Disc { minutes } } }",
        {"media": [{"pages": 320}, {"minutes": 41.5}, {"pages": 90}, {"minutes": None}]},
    ),
    "on some types of a union": Case("{ media { ... on Book { pages } } }", {"media": [{"pages": 320}, {}, {"pages": 90}, {}]}),
    "on an interface within a union": Case(
        "{ media { ... on Thing { id } } }", {"media": [{"id": "w1"}, {"id": "w2"}, {"id": "w3"}, {"id": "w4"}]}
    ),
    "on types within an interface": Case(
        "{ things { title ... on Disc { minutes } ... on Book { pages title } } }",
        {"things": [{"title": "Analysis", "pages": 320}, None, {"title": "Blues", "minutes": 41.5}]},
    ),
    "an interface within a type within an interface": Case(
        "{ things { ... on Book { ... on Thing { id ... on Disc { minutes } } } } }", {"things": [{"id": "w1"}, None, {}]}
    ),
    "one name with other arguments by type": Case(
        "{ media { ... on Book { maker { w: works(first: 0) { __typename } } }"
        " ... on Disc { maker { w: works(first: 1) { __typename } } } } }",
        {
            "media": [
                {"maker": {"w": []}},
                {"maker": {"w": [{"__typename": "Book"}]}},
                {"maker": {"w": []}},
                {"maker": {"w": [{"__typename": "Book"}]}},
            ]
        },
    ),
    "one name for fields of other names by type": Case(
        "{ things { ... on Book { x: id } ... on Disc { x: id } ... on Thing { y: title } } }",
        {"things": [{"x": "w1", "y": "Analysis"}, None, {"x": "w2", "y": "Blues"}]},
    ),
}


@named(FRAGMENTS)
async def test_fragments_apply_to_objects_of_their_type(both: Both, case: Case) -> None:
    """A fragment adds its fields to objects of its type, also of a union or an interface, and to no others."""
    await case.check(both)


MERGED: Final = {
    "sub-selections": Case(
        f"{{ person{ADA} {{ address {{ street }} name address {{ city }} }} }}",
        {"person": {"address": {"street": "Alley 1", "city": None}, "name": "Ada"}},
    ),
    "across fragments": Case(
        f"{{ person{ADA} {{ id }} ...q }} fragment q on Query {{ person{ADA} {{ name id }} }}",
        {"person": {"id": "p1", "name": "Ada"}},
    ),
    "nested fragments": Case(
        f"{{ person{ADA} {{ works(first: 1) {{ ... on Book {{ maker {{ id }} }} }} ...a }} }}"
        " fragment a on Author { works(first: 1) { ... on Book { maker { name id } pages } } }",
        {"person": {"works": [{"maker": {"id": "p1", "name": "Ada"}, "pages": 320}]}},
    ),
    "by an interface and a type": Case(
        "{ things { ... on Book { maker { id } } ...t } } fragment t on Thing { ... on Book { maker { name } } title }",
        {"things": [{"maker": {"id": "p1", "name": "Ada"}, "title": "Analysis"}, None, {"title": "Blues"}]},
    ),
    "leaves": Case(f"{{ person{ADA} {{ name name a: name a: name }} }}", {"person": {"name": "Ada", "a": "Ada"}}),
    "with one of them skipped": Case(
        f"{{ person{ADA} {{ address @skip(if: true) {{ street }} address {{ city }} }} }}",
        {"person": {"address": {"city": None}}},
    ),
    "in each of many objects": Case(
        "{ media { ... on Book { maker { id } } ... on Disc { maker { name } } ... on Thing { ... on Book { maker { name } } } } }",
        {
            "media": [
                {"maker": {"id": "p1", "name": "Ada"}},
                {"maker": {"name": "Bo"}},
                {"maker": {"id": "p1", "name": "Ada"}},
                {"maker": {"name": "Cy"}},
            ]
        },
    ),
}


@named(MERGED)
async def test_selections_with_the_same_name_are_merged(both: Both, case: Case) -> None:
    """A field that is selected twice is answered once, at its first position, with everything that is selected of it."""
    await case.check(both)


ORDER: Final = {
    "the order of the query": Case(f"{{ person{ADA} {{ name id }} }}", {"person": {"name": "Ada", "id": "p1"}}),
    "columns after relations": Case(
        f"{{ person{ADA} {{ works(first: 0) {{ __typename }} name address {{ city street }} id }} hello: __typename }}",
        {"person": {"works": [], "name": "Ada", "address": {"city": None, "street": "Alley 1"}, "id": "p1"}, "hello": "Query"},
    ),
    "a fragment's fields at its position": Case(
        f"{{ person{ADA} {{ ...a id }} }} fragment a on Author {{ name }}", {"person": {"name": "Ada", "id": "p1"}}
    ),
    "a name's first position": Case(
        f"{{ person{ADA} {{ ...a name ...b }} }} fragment a on Author {{ id }} fragment b on Author {{ name id t: __typename }}",
        {"person": {"id": "p1", "name": "Ada", "t": "Author"}},
    ),
    "a different order by type": Case(
        "{ media { ... on Book { title } ... on Thing { id title } ... on Disc { minutes id } } }",
        {
            "media": [
                {"title": "Analysis", "id": "w1"},
                {"id": "w2", "title": "Blues", "minutes": 41.5},
                {"title": "Chess", "id": "w3"},
                {"id": "w4", "title": "Dirge", "minutes": None},
            ]
        },
    ),
}


@named(ORDER)
async def test_fields_are_answered_in_the_order_of_their_first_appearance(both: Both, case: Case) -> None:
    """The answer has the order of the document, with fragments expanded, whatever is resolved first."""
    await case.check(both)


TYPENAMES: Final = {
    "of the root": Case("{ __typename }", {"__typename": "Query"}),
    "under another name": Case("{ a: __typename b: __typename }", {"a": "Query", "b": "Query"}),
    "of objects, values and abstract types": Case(
        f"{{ person{ADA} {{ __typename address {{ t: __typename }} }} media {{ __typename }} things {{ __typename }} }}",
        {
            "person": {"__typename": "Author", "address": {"t": "Place"}},
            "media": [{"__typename": name} for name in ("Book", "Disc", "Book", "Disc")],
            "things": [{"__typename": "Book"}, None, {"__typename": "Disc"}],
        },
    ),
    "within fragments": Case(
        "{ things { ... on Thing { __typename } ... on Book { kind: __typename } } }",
        {"things": [{"__typename": "Book", "kind": "Book"}, None, {"__typename": "Disc"}]},
    ),
    "alone in a list": Case("{ people { __typename } }", {"people": [{"__typename": "Author"}] * 3}),
}


@named(TYPENAMES)
async def test_typename_is_answered_everywhere(both: Both, case: Case) -> None:
    """It is the name of the concrete type, at each level, under any alias."""
    await case.check(both)


PERSON: Final = f"person{ADA}"
BOOLEANS: Final = "query ($t: Boolean!, $f: Boolean = false)"
CHOSEN: Final = f"""
    query ($t: Boolean!) {{
      {PERSON} {{ id address @include(if: $t) {{ city @skip(if: $t) street }} works @skip(if: $t) {{ __typename }} }}
    }}
"""
DIRECTIVES: Final = {
    "literals": Case(
        f"{{ {PERSON} {{ a: id @skip(if: true) b: id @skip(if: false) c: id @include(if: true) d: id @include(if: false) }} }}",
        {"person": {"b": "p1", "c": "p1"}},
    ),
    "variables": Case(
        f"{BOOLEANS} {{ {PERSON} {{ a: id @skip(if: $t) b: id @skip(if: $f) c: id @include(if: $t) d: id @include(if: $f) }} }}",
        {"person": {"b": "p1", "c": "p1"}},
        {"t": True},
    ),
    "both at once": Case(
        f"{BOOLEANS} {{ {PERSON} {{ a: id @skip(if: $t) @include(if: $t) b: id @include(if: $t) @skip(if: $f)"
        " c: id @skip(if: $f) @include(if: $f) d: id @skip(if: $t) @include(if: $f) } }",
        {"person": {"b": "p1"}},
        {"t": True},
    ),
    "on spreads and inline fragments": Case(
        f"{BOOLEANS} {{ {PERSON} {{ ...a @include(if: $f) ... @skip(if: $t) {{ name }} ... on Author @include(if: $t) {{ x: name }}"
        " ...b @skip(if: $f) } } fragment a on Author { id } fragment b on Author { y: id }",
        {"person": {"x": "Ada", "y": "p1"}},
        {"t": True},
    ),
    "a repeated spread": Case(
        f"{BOOLEANS} {{ {PERSON} {{ ...a @include(if: $f) name ...a @include(if: $t) }} }} fragment a on Author {{ id }}",
        {"person": {"name": "Ada", "id": "p1"}},
        {"t": True},
    ),
    "everything skipped": Case(f"{{ {PERSON} @skip(if: true) {{ id }} }}", {}),
    "everything below skipped": Case(
        f"{{ {PERSON} {{ id @skip(if: true) }} people {{ id @include(if: false) }} }}", {"person": {}, "people": [{}, {}, {}]}
    ),
    "of an object": Case(
        CHOSEN,
        {"person": {"id": "p1", "address": {"street": "Alley 1"}}},
        {"t": True},
    ),
    "the same document with the opposite value": Case(
        CHOSEN,
        {"person": {"id": "p1", "works": [{"__typename": "Book"}] * 2}},
        {"t": False},
    ),
    "of the first of two": Case(f"{{ {PERSON} {{ id @skip(if: true) name id }} }}", {"person": {"name": "Ada", "id": "p1"}}),
}


@named(DIRECTIVES)
async def test_skip_and_include_decide_by_their_values(both: Both, case: Case) -> None:
    """Both must allow a selection. One that is left out has no position in the order either."""
    await case.check(both)


async def test_document_has_its_own_answer_for_each_condition(both: Both) -> None:
    """A plan for some values of the conditions isn't used for others."""
    document = 'query ($a: Boolean!, $b: Boolean!) { person(id: "p1") { id @skip(if: $a) ... @include(if: $b) { name } } }'
    found = {(a, b): (await both.planned(document, a=a, b=b)).data["person"] for a in (True, False) for b in (True, False)}

    assert {
        (True, True): {"name": "Ada"},
        (True, False): {},
        (False, True): {"id": "p1", "name": "Ada"},
        (False, False): {"id": "p1"},
    } == found
