"""Random operations: hypothesis-graphql draws a document, and random choices make it what clients send.

Fields are thinned out. Ids, cursors, slugs and page sizes become existing ones. Literals become variables. Fields get aliases,
directives and duplicates. Selections move into fragments. The same document and random state give the same operation.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    InlineFragmentNode,
    NameNode,
    SelectionNode,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
    value_from_ast_untyped,
)

from tests.execution.executors import Request
from tests.execution.market import VIEWERS, Known
from tests.schema.outline import SCHEMA, object_type

MOST_FIELDS: Final = 14
KEPT_SHARE: Final = {0: 0.6, 1: 0.8, 2: 0.8}  # share of the fields with subfields, by depth; less further down
OWN_TYPED: Final = ("viewerCan",)  # each type has its own enum, so fragments on two types need an alias
RARER: Final = ("node", "nodes")  # they can select nearly everything, and would crowd out the rest
PAGE: Final = ("first", "after", "last", "before")
MARKETS: Final = ("DE", "UK", "US", "NL", "XX")
WORDS: Final = ("a", "cloud", "data net", "", "é", "zz")
SPEEDS: Final = (*(1_000, 10_000, 100_000) * 4, 7)
LIMITS: Final = (*(50, 500, 10_000) * 4, 51)
TERMS: Final = (*(1, 12, 60) * 4, 13)
AMOUNTS: Final = ("0", "1250.00", "0.001", "99999999")
ACTIONS: Final = (*("READ",) * 9, "ORDER_PORT", "x")
TYPES: Final = (*("Company", "Port") * 6, "x")
WRONG: Final = {"Int": "x", "String": 7, "ID": {}, "Boolean": "true", "Decimal": "x"}

Selected = dict[tuple[str, str], tuple[str, ...]]  # (type, name) of each field to its first path


@dataclass
class Operation:
    """A document as several viewers send it, and its selected fields with the path of each in the answer."""

    requests: list[Request]
    selected: Selected


def operation(document: DocumentNode, chance: Random, known: Known, repeats: int) -> Operation:
    """Return one of the many operations that a document can become, in `repeats` requests of random viewers and conditions."""
    return _Maker(chance, known).operation(document, repeats)


@dataclass
class _Maker:
    chance: Random
    known: Known
    variables: dict[str, Any] = field(default_factory=dict)
    declared: list[str] = field(default_factory=list)
    fragments: list[str] = field(default_factory=list)
    selected: Selected = field(default_factory=dict)
    path: tuple[str, ...] = ()
    fields: int = 0
    names: int = 0

    def operation(self, document: DocumentNode, repeats: int) -> Operation:
        (definition,) = document.definitions
        selection = self.selection(object_type("Query"), definition.selection_set.selections)  # type: ignore[attr-defined]
        if self.maybe(0.01):
            selection += " __schema { queryType { name fields { name } } }"
        heading, name, others = "", None, ""
        if self.declared or self.maybe(0.2):
            heading = "query " + (f"({', '.join(self.declared)}) " if self.declared else "")
        if self.maybe(0.05):
            name, others = "Asked", " query Other { __typename }"
            heading = heading.replace("query ", "query Asked ", 1) or "query Asked "
        text = f"{heading}{{ {selection} }}{others} {' '.join(self.fragments)}".strip()
        return Operation([self.request(text, name) for _ in range(repeats)], self.selected)

    def request(self, text: str, name: str | None) -> Request:
        """Return the operation as a viewer sends it, with its variables and random conditions."""
        viewer = self.pick(self.known.others) if self.maybe(0.3) else self.pick(VIEWERS)
        flipped = {each: not value for each, value in self.variables.items() if isinstance(value, bool) and self.maybe(0.3)}
        return Request(query=text, viewer=viewer, variables={**self.variables, **flipped}, operation=name)

    def maybe(self, part: float) -> bool:
        return self.chance.random() < part

    def pick(self, values: Sequence[Any]) -> Any:
        return values[int(self.chance.random() * len(values))]

    def name(self, letter: str) -> str:
        self.names += 1
        return f"{letter}{self.names}"

    # Selections

    def selection(self, kind: GraphQLNamedType, nodes: Sequence[SelectionNode]) -> str:
        """Return a selection of a type with at least one field."""
        texts: list[str] = []
        for node in self.thinned(kind, nodes):
            if isinstance(node, InlineFragmentNode):
                inner = SCHEMA.type_map[_types([node])[0]]
                texts.append(
                    f"... on {inner.name}{self.directive()} {{ {self.selection(inner, node.selection_set.selections)} }}"
                )
            elif isinstance(node, FieldNode):
                texts += self.field(kind, node)
        if not texts or self.maybe(0.1):
            texts.insert(0, "__typename" if self.maybe(0.7) else f"{self.name('t')}: __typename")
        return " ".join(self.wrapped(kind, texts))

    def thinned(self, kind: GraphQLNamedType, nodes: Sequence[SelectionNode]) -> list[SelectionNode]:
        """Return some of the selections, so that an operation has a few dozen fields at most."""
        part = KEPT_SHARE.get(len(self.path), 0.5)
        kept: list[SelectionNode] = []
        for node in nodes:
            leaf = isinstance(node, FieldNode) and node.selection_set is None
            rare = isinstance(node, FieldNode) and node.name.value in RARER and self.maybe(0.4)
            if self.fields < MOST_FIELDS and not rare and self.maybe(0.7 if leaf else part):
                kept.append(node)
                self.fields += 1
        if isinstance(kind, GraphQLObjectType) and kind.name != "Query" and self.fields < MOST_FIELDS:
            kept += self.more(kind, nodes)
        return kept or ([self.pick(nodes)] if nodes and self.fields < 2 * MOST_FIELDS else [])

    def more(self, kind: GraphQLObjectType, nodes: Sequence[SelectionNode]) -> list[SelectionNode]:
        """Return some further fields, because the drawn document has few fields of each object."""
        drawn = {node.name.value for node in nodes if isinstance(node, FieldNode)}
        others = [name for name in kind.fields if name not in drawn]
        most = self.pick((0, 1, 2, 3, 4))
        self.fields += most
        names = self.chance.sample(others, min(most, len(others)))
        return [FieldNode(name=NameNode(value=name), alias=None, arguments=(), selection_set=None) for name in names]

    def wrapped(self, kind: GraphQLNamedType, texts: list[str]) -> list[str]:
        """Move some selections to a fragment, which can be spread twice."""
        if not self.maybe(0.2):
            return texts
        start = int(self.chance.random() * len(texts))
        end = start + 1 + int(self.chance.random() * (len(texts) - start))
        inner = " ".join(texts[start:end])
        if self.maybe(0.4):
            of = f"on {kind.name}" if self.maybe(0.5) else ""
            return [*texts[:start], f"... {of}{self.directive()} {{ {inner} }}", *texts[end:]]
        name = self.name("F")
        self.fragments.append(f"fragment {name} on {kind.name} {{ {inner} }}")
        again = [f"...{name}"] if self.maybe(0.3) else []
        return [*texts[:start], f"...{name}{self.directive()}", *texts[end:], *again]

    def field(self, kind: GraphQLNamedType, node: FieldNode) -> list[str]:
        """Return a field, perhaps with an alias, perhaps twice."""
        assert isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
        name = node.name.value
        definition = kind.fields[name]
        alias = node.alias.value if node.alias else self.name("a") if name in OWN_TYPED or self.maybe(0.12) else ""
        texts = [self.once(kind, name, alias, definition, node)]
        if self.maybe(0.06):
            texts.append(self.once(kind, name, self.name("b"), definition, node))  # again, with other arguments
        return texts

    def once(self, kind: GraphQLNamedType, name: str, alias: str, definition: GraphQLField, node: FieldNode) -> str:
        head = f"{alias}: {name}" if alias else name
        nodes = self.some_types(node.selection_set.selections) if node.selection_set else ()
        head += self.arguments(kind, name, definition, node, ["Company"] if name == "company" else _types(nodes))
        above, self.path = self.path, (*self.path, alias or name)
        self.selected.setdefault((kind.name, name), self.path)
        inner = get_named_type(definition.type)
        text = head + self.directive()
        if not is_leaf_type(inner):
            text += f" {{ {self.selection(inner, nodes)} }}"
            if self.maybe(0.06):  # again, to be merged
                text += f" {head} {{ {self.selection(inner, nodes)} }}"
        elif self.maybe(0.03):
            text += f" {head}"
        self.path = above
        return text

    def some_types(self, nodes: Sequence[SelectionNode]) -> Sequence[SelectionNode]:
        """Return the selections with only a few of those on types of an interface; their ids are then requested."""
        fields = [node for node in nodes if not isinstance(node, InlineFragmentNode)]
        fragments = [node for node in nodes if isinstance(node, InlineFragmentNode)]
        if not fragments:
            return nodes
        start = int(self.chance.random() * len(fragments))
        return [*fields, *fragments[start : start + self.pick((1, 1, 2, 3))]]

    def directive(self) -> str:
        if not self.maybe(0.05):
            return ""
        word = self.pick(("skip", "include"))
        texts = [f" @{word}(if: {self.condition(word)})"]
        if self.maybe(0.2):
            other = "skip" if word == "include" else "include"
            texts.append(f" @{other}(if: {self.condition(other)})")
        return "".join(texts)

    def condition(self, word: str) -> str:
        """Return a condition that is true most of the time."""
        value = (word == "include") == self.maybe(0.7)
        return self.variable(GraphQLNonNull(GraphQLBoolean), value) if self.maybe(0.6) else str(value).lower()

    # Arguments

    def arguments(self, kind: GraphQLNamedType, name: str, definition: GraphQLField, node: FieldNode, types: list[str]) -> str:
        drawn = {each.name.value: _value(each) for each in node.arguments or ()}
        given: dict[str, Any] = {}
        for each, argument in definition.args.items():
            if each not in PAGE and (is_required_argument(argument) or (each in drawn and self.maybe(0.3))):
                given[each] = self.value(argument.type, each, drawn.get(each), types)
        if "first" in definition.args:
            given.update(self.page(kind.name, name, given.get("orderBy")))
        texts = [f"{each}: {self.written(definition.args[each].type, value)}" for each, value in given.items()]
        return f"({', '.join(texts)})" if texts else ""

    def page(self, kind: str, name: str, order: Any) -> dict[str, Any]:
        """Return a small page, sometimes after or before a cursor, and rarely an invalid one."""
        size = self.pick((0, 1, 1, 2, 2, 3, 3, 4)) if len(self.path) > 1 else self.pick((1, 2, 3, 3, 4, 5, 8))
        given: dict[str, Any] = {self.pick(("first", "first", "last")): size}
        if self.maybe(0.01):
            given = self.pick(({"first": -1}, {"first": 1001}, {"first": 1, "last": 1}, {"last": -1}, {"first": None}))
        if self.maybe(0.15):
            given[self.pick(("after", "before"))] = self.cursor(kind, name, order)
        elif self.maybe(0.1):
            given[self.pick(("after", "before"))] = None
        return given

    def cursor(self, kind: str, name: str, order: Any) -> str:
        sorted_by = f"{order['field']} {order.get('direction', 'ASC')}" if isinstance(order, dict) else ""
        cursors = self.known.cursors.get((kind, name, sorted_by))
        if not cursors or self.maybe(0.03):
            cursors = [*self.known.cursors["Query", "companies", ""], "garbage", ""]
        return str(self.pick(cursors))

    def value(self, kind: GraphQLInputType, name: str, drawn: Any, types: Sequence[str] = ()) -> Any:
        """Return an argument as JSON: a value that exists, if the argument's name shows what it means."""
        bare = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        if drawn is None and bare is kind and self.maybe(0.3):
            return None
        if isinstance(bare, GraphQLList):
            return [self.value(bare.of_type, name, "", types) for _ in range(self.pick((0, 1, 2, 3, 5)))]
        if isinstance(bare, GraphQLInputObjectType):
            return self.input(bare, drawn if isinstance(drawn, dict) else {})
        if isinstance(bare, GraphQLEnumType):
            return drawn if drawn in bare.values else self.pick(list(bare.values))
        return self.scalar(name, drawn, types)

    def input(self, kind: GraphQLInputObjectType, drawn: dict[str, Any]) -> dict[str, Any]:
        kept = {
            name: entry
            for name, entry in kind.fields.items()
            if is_required_input_field(entry) or (name in drawn and self.maybe(0.6))
        }
        return {name: self.value(entry.type, name, drawn.get(name)) for name, entry in kept.items()}

    def scalar(self, name: str, drawn: Any, types: Sequence[str]) -> Any:
        if name in ("id", "ids", "locationId", "productId"):
            return self.identifier(name, types)
        there: dict[str, Sequence[Any]] = {
            "slug": self.known.slugs,
            "accountName": self.known.names,
            "search": WORDS,
            "market": MARKETS,
            "country": MARKETS,
            "metro": ("Frankfurt", "London", "?"),
            "currency": ("EUR", "USD", "JPY", "XXX"),
            "speedMbps": SPEEDS,
            "rateLimitMbps": LIMITS,
            "termMonths": TERMS,
            "providerType": ("CLOUD", "NETWORK", "x"),
            "serviceType": ("CLOUD", "x"),
            "atLeast": AMOUNTS,
            "atMost": AMOUNTS,
            "action": ACTIONS,
            "typeName": TYPES,
        }
        return self.pick(there[name]) if name in there and self.maybe(0.97) else drawn

    def identifier(self, name: str, types: Sequence[str]) -> str:
        """Return an id, mostly of a type that the selection names."""
        if self.maybe(0.01):
            return str(self.pick(("", "garbage")))
        if name in ("locationId", "productId"):
            types = [name[:-2].capitalize()]
        types = [each for each in types if self.known.ids[each]]
        if not types or self.maybe(0.03):
            types = [each for each, ids in self.known.ids.items() if ids]
        return str(self.pick(self.known.ids[self.pick(types)]))

    # Literals and variables

    def written(self, kind: GraphQLInputType, value: Any) -> str:
        """Return a value as it is written in the document: as a literal or as a variable."""
        if self.maybe(0.25):
            return self.variable(kind, value)
        bare = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        if isinstance(bare, GraphQLList) and isinstance(value, list):
            return f"[{', '.join(self.written(bare.of_type, each) for each in value)}]"
        if isinstance(bare, GraphQLInputObjectType) and isinstance(value, dict):
            entries = [f"{name}: {self.written(bare.fields[name].type, each)}" for name, each in value.items()]
            return f"{{{', '.join(entries)}}}"
        return literal(bare, value)

    def variable(self, kind: GraphQLInputType, value: Any) -> str:
        """Return a variable that is passed, left to its default, or both."""
        name = self.name("v")
        declared = f"${name}: {kind}"
        how = self.chance.random()
        if how < 0.3:
            declared += f" = {literal(kind, value)}"
        if how >= 0.15:
            self.variables[name] = value
        if how > 0.998:
            self.variables[name] = WRONG.get(get_named_type(kind).name, [[]])
        self.declared.append(declared)
        return f"${name}"


def literal(kind: GraphQLInputType, value: Any) -> str:
    """Return a value as a GraphQL literal."""
    bare = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    if value is None:
        return "null"
    if isinstance(bare, GraphQLList):
        return f"[{', '.join(literal(bare.of_type, each) for each in value)}]"
    if isinstance(bare, GraphQLInputObjectType):
        return f"{{{', '.join(f'{name}: {literal(bare.fields[name].type, each)}' for name, each in value.items())}}}"
    return str(value) if isinstance(bare, GraphQLEnumType) else json.dumps(value, ensure_ascii=False)


def _value(argument: ArgumentNode) -> Any:
    return value_from_ast_untyped(argument.value)


def _types(nodes: Sequence[SelectionNode]) -> list[str]:
    """Return the types of an interface that the selections name."""
    found = [node.type_condition for node in nodes if isinstance(node, InlineFragmentNode)]
    return [condition.name.value for condition in found if condition is not None]
