"""Bounds of operations: depth, width, cost and number of values, all computed before anything is validated or run.

*Depth* is how deep fields nest. *Width* is the number of fields; fields of a fragment count each time it is spread. *Cost* is the
maximum number of objects in a response: a scalar costs 0, an object 1, and everything below a list is multiplied by the list's
length. A field that counts rows costs more, once for all its parents. A connection has as many items as `first` or `last`, or the
default page size without either. A list fetched by ids is as long as the ids. Any other list counts as DEFAULT_LIST_SIZE items.
`@skip` and `@include` change nothing. Introspection has as many objects as the schema. *Values* are counted like cost, but a scalar
counts 1.

Each fragment is walked once, however often it is spread, so time and memory are linear in the document. If a page size is a
variable, a short sum is left to compute for each request.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInt,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSyntaxError,
    InlineFragmentNode,
    IntValueNode,
    ListTypeNode,
    ListValueNode,
    NamedTypeNode,
    NonNullTypeNode,
    NullValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)
from graphql.execution.values import VariableValues, get_variable_values
from strawberry.schema.schema_converter import GraphQLCoreConverter

from resolvers.execution.roots import INTROSPECTION
from settings import Settings
from transport.limits.errors import (
    MAX_COUNT,
    IntrospectionTooLarge,
    MutationRepeated,
    OperationTooCostly,
    OperationTooDeep,
    OperationTooLarge,
    OperationTooRepetitive,
    OperationTooSlow,
    OperationTooWide,
    TooManyRootFields,
    TooManyVariableValues,
)
from transport.limits.introspection_size import IntrospectionCounter, IntrospectionTooBig
from transport.limits.overlaps import TooManyPairs, count_pairs, merge_selections

DEFAULT_LIST_SIZE: Final = 10  # items of a list whose length the operation doesn't state
NESTING_PER_DEPTH: Final = 3  # nested selection sets, including fragments, per level of depth
PAGE_SIZE_ARGUMENTS: Final = ("first", "last")
IDS_ARGUMENT: Final = "ids"
MAX_PAIRS: Final = 20_000  # of fields with the same response name; validation compares at least 200 per millisecond
STEPS_PER_VALUE: Final = 2  # steps to count introspection, per allowed value


@dataclass(frozen=True, slots=True)
class ItemCount:
    """A number of items that depends on variables: the first of `sources` with a value, or `default`; `maximum` at most."""

    sources: tuple[int | str, ...]  # numbers or variable names
    default: int
    maximum: int

    def number(self, variables: Mapping[str, Any]) -> int:
        """Return the number of items for coerced variables."""
        for source in self.sources:
            value = variables.get(source) if isinstance(source, str) else source
            if isinstance(value, list):
                value = len(value)
            if isinstance(value, int):
                return max(0, min(value, self.maximum))
        return self.default


@dataclass(frozen=True, slots=True)
class VariableSum:
    """A sum that depends on variables: a constant plus, for each list, its number of items times the cost of one item."""

    place: int  # index among the document's sums, after all sums that this one refers to
    constant: int
    terms: tuple[tuple[int | ItemCount, int | VariableSum], ...]


Number = int | ItemCount
Amount = int | VariableSum


class Sizes:
    """The variables of an operation that are page sizes or lists of ids, coerced in the same way as during execution.

    So the cost and the execution use the same number, however the client sends it.
    """

    __slots__ = ("_nodes", "_plain", "_schema")

    def __init__(self, schema: GraphQLSchema, nodes: Sequence[VariableDefinitionNode]) -> None:
        self._schema = schema
        self._nodes = nodes
        self._plain = [(node.variable.name.value, _plain_class(node)) for node in nodes]

    def read(self, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the coerced values, or none if graphql-core rejects them, because then nothing runs."""
        if all(variables.get(name).__class__ is plain for name, plain in self._plain):
            return variables
        read = get_variable_values(self._schema, self._nodes, dict(variables))
        return read.coerced if isinstance(read, VariableValues) else {}


def _plain_class(node: VariableDefinitionNode) -> type | None:
    """Return the class of values that need no coercion to be counted: coercion doesn't change a list's length."""
    kind = node.type.type if isinstance(node.type, NonNullTypeNode) else node.type
    if isinstance(kind, ListTypeNode):
        return list
    return int if isinstance(kind, NamedTypeNode) and kind.name.value == GraphQLInt.name else None


@dataclass(frozen=True, slots=True)
class Costs:
    """The costs of the operations of one document, in document order."""

    operations: Sequence[tuple[Amount, Sizes]]
    steps: Sequence[VariableSum]

    def of(self, operation: int, variables: Mapping[str, Any]) -> int:
        """Return the cost of an operation with these variables."""
        amount, sizes = self.operations[operation]
        if isinstance(amount, int):
            return amount
        coerced = sizes.read(variables)
        costs: list[int] = []
        for step in self.steps:
            cost = step.constant
            for number, each in step.terms:
                count = number if isinstance(number, int) else number.number(coerced)
                cost += count * (each if isinstance(each, int) else costs[each.place])
            costs.append(cost)
        return costs[amount.place]


class Size(NamedTuple):
    """The cost of an operation with its variables, and the number of values that it can return."""

    cost: int
    values: int


class Measurement(NamedTuple):
    """The measures of one document's operations: objects, which are the cost, and values."""

    cost: Costs
    values: Costs


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The limits for operations on one schema."""

    schema: GraphQLSchema
    depth: int
    fields: int
    cost: int
    values: int
    unplanned: int
    introspection: int
    default_page_size: int
    max_page_size: int
    repeats: int
    roots: int
    variables: int

    def measure(self, document: DocumentNode) -> Measurement:
        """Measure the operations of a document. Raises the error of an exceeded bound, or GraphQLSyntaxError."""
        measured = Measurement(_Walk(self, document, leaf=0).costs(), _Walk(self, document, leaf=1).costs())
        try:
            count_pairs(document, MAX_PAIRS)
        except TooManyPairs:
            raise OperationTooRepetitive(MAX_PAIRS) from None
        return measured

    def check(self, size: Size) -> None:
        """Raise OperationTooCostly or OperationTooLarge if an operation, or all of a batch together, exceed the bounds."""
        if size.cost > self.cost:
            raise OperationTooCostly(min(size.cost, MAX_COUNT), self.cost)
        if size.values > self.values:
            raise OperationTooLarge(min(size.values, MAX_COUNT), self.values)

    def check_variables(self, variables: Mapping[str, Any]) -> None:
        """Raise TooManyVariableValues if the variables are too large, before they are coerced."""
        left, waiting = self.variables, list[Any](variables.values())
        while waiting:
            value = waiting.pop()
            if isinstance(value, dict | list):
                left -= len(value)
                if left < 0:
                    raise TooManyVariableValues(self.variables)
                waiting.extend(value.values() if isinstance(value, dict) else value)

    def check_unplanned(self, values: int, why: str) -> None:
        """Raise OperationTooSlow if graphql-core would have to resolve too many values."""
        if values > self.unplanned:
            raise OperationTooSlow(min(values, MAX_COUNT), self.unplanned, why)

    def admit(self, document: DocumentNode, variables: Mapping[str, Any], why: str) -> None:
        """Raise OperationTooSlow if the only operation of a document is too much for graphql-core."""
        self.check_unplanned(self.measure(document).values.of(0, variables), why)


def bounds_of(schema: GraphQLSchema, settings: Settings) -> Bounds:
    """Return the bounds from the settings."""
    return Bounds(
        schema=schema,
        depth=settings.max_operation_depth,
        fields=settings.max_operation_fields,
        cost=settings.max_operation_cost,
        values=settings.max_operation_values,
        unplanned=settings.max_unplanned_values,
        introspection=settings.max_introspection_values,
        default_page_size=settings.default_page_size,
        max_page_size=settings.max_page_size,
        repeats=settings.max_mutation_repeats,
        roots=settings.max_root_fields,
        variables=settings.max_variable_values,
    )


@dataclass(frozen=True, slots=True)
class _Totals:
    """The measures of a selection set. `listed` is the cost of one item of the parent object's lists without a stated length."""

    depth: int = 0
    nesting: int = 0
    fields: int = 0
    own: int = 0  # fields that no other field contains
    fixed: Amount = 0
    listed: Amount = 0
    introspected: int = 0  # values of the schema
    once: int = 0  # what fields cost once for all their parents


NOTHING: Final = _Totals()


class _Walk:
    """One walk over a document that hasn't been validated. A scalar counts `leaf`."""

    def __init__(self, bounds: Bounds, document: DocumentNode, leaf: int) -> None:
        self._bounds = bounds
        self._leaf = leaf
        self._operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
        self._fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
        self._introspected = IntrospectionCounter(bounds.schema, self._fragments, STEPS_PER_VALUE * bounds.introspection)
        self._read = 0  # values of the schema, in all operations
        self._walked: dict[str, _Totals] = {}
        self._steps: list[VariableSum] = []
        self._sources: set[str] = set()  # variables that decide numbers of items

    def costs(self) -> Costs:
        """Return the costs of all operations. Unused fragments are walked too, because validation reads them."""
        for name in self._fragments:
            self._check_width(self._fragment(name, 0, 0))
        amounts = [self._operation(each) for each in self._operations]
        return Costs([(amount, self._sizes(each)) for amount, each in zip(amounts, self._operations, strict=True)], self._steps)

    def _sizes(self, operation: OperationDefinitionNode) -> Sizes:
        definitions = operation.variable_definitions or ()
        return Sizes(self._bounds.schema, [each for each in definitions if each.variable.name.value in self._sources])

    def _operation(self, operation: OperationDefinitionNode) -> Amount:
        root = self._bounds.schema.get_root_type(operation.operation)
        totals = self._selections(operation.selection_set, root, 0, 0)
        self._check_width(totals)
        if totals.own > self._bounds.roots:
            raise TooManyRootFields(totals.own, self._bounds.roots)
        if operation.operation is OperationType.MUTATION:
            self._check_repeats(operation.selection_set)
        if totals.introspected > self._bounds.introspection:
            raise IntrospectionTooLarge(self._bounds.introspection)
        return self._sum([(1, totals.once), (1, totals.fixed), (DEFAULT_LIST_SIZE, totals.listed)])

    def _check_repeats(self, selected: SelectionSetNode) -> None:
        """Raise MutationRepeated if needed. A field with the same response name runs once, wherever it is selected."""
        response_names: dict[str, set[str]] = {}
        fields, _ = merge_selections([selected], self._fragments)
        for response_name, nodes in fields.items():
            for name in {node.name.value for node in nodes if not node.name.value.startswith("__")}:
                response_names.setdefault(name, set()).add(response_name)
        for field, names in response_names.items():
            if len(names) > self._bounds.repeats:
                raise MutationRepeated(field, len(names), self._bounds.repeats)

    def _check_width(self, totals: _Totals) -> None:
        if totals.fields > self._bounds.fields:
            raise OperationTooWide(totals.fields, self._bounds.fields)

    def _check_depth(self, level: int, nesting: int) -> None:
        if level > self._bounds.depth or nesting > self._bounds.depth * NESTING_PER_DEPTH:
            raise OperationTooDeep(self._bounds.depth)

    def _selections(self, selected: SelectionSetNode, parent: GraphQLNamedType | None, level: int, nesting: int) -> _Totals:
        """Return the totals of a selection set. `parent` is None if the document selects from an unknown type."""
        self._check_depth(level, nesting + 1)
        if not selected.selections:
            raise _empty(selected)
        parts = [self._selection(each, parent, level, nesting + 1) for each in selected.selections]
        return _Totals(
            max(part.depth for part in parts),
            max(part.nesting for part in parts) + 1,
            sum(part.fields for part in parts),
            sum(part.own for part in parts),
            self._sum((1, part.fixed) for part in parts),
            self._sum((1, part.listed) for part in parts),
            sum(part.introspected for part in parts),
            sum(part.once for part in parts),
        )

    def _selection(self, selection: SelectionNode, parent: GraphQLNamedType | None, level: int, nesting: int) -> _Totals:
        if isinstance(selection, FieldNode):
            return self._field(selection, parent, level + 1, nesting)
        if isinstance(selection, FragmentSpreadNode):
            return self._fragment(selection.name.value, level, nesting)
        assert isinstance(selection, InlineFragmentNode)  # noqa: S101 (the only other kind of selection)
        on = selection.type_condition
        return self._selections(
            selection.selection_set, self._bounds.schema.get_type(on.name.value) if on else parent, level, nesting
        )

    def _fragment(self, name: str, level: int, nesting: int) -> _Totals:
        """Return the totals of a fragment. An unknown or recursive spread counts nothing: validation rejects it."""
        if (totals := self._walked.get(name)) is None:
            if (fragment := self._fragments.get(name)) is None:
                return NOTHING
            self._walked[name] = NOTHING
            on = self._bounds.schema.get_type(fragment.type_condition.name.value)
            totals = self._walked[name] = self._selections(fragment.selection_set, on, level, nesting)
        self._check_depth(level + totals.depth, nesting + totals.nesting)
        return totals

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None, level: int, nesting: int) -> _Totals:
        self._check_depth(level, nesting)
        field = parent.fields.get(node.name.value) if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) else None
        once = 0 if self._leaf else _own_cost(field)
        if node.selection_set is None:
            return _Totals(1, 0, 1, 1, self._leaf, once=once)
        below = self._selections(node.selection_set, get_named_type(field.type) if field else None, level, nesting)
        if parent is self._bounds.schema.query_type and node.name.value in INTROSPECTION:
            return self._introspection(node, below)
        fixed, listed = self._costs(node, field, below) if field else (0, 0)
        return _Totals(
            below.depth + 1, below.nesting, below.fields + 1, 1, fixed, listed, below.introspected, below.once + once
        )

    def _introspection(self, node: FieldNode, below: _Totals) -> _Totals:
        """Return the totals of an introspection field."""
        self._check_width(below)
        try:
            counted = self._introspected.count(node)
        except IntrospectionTooBig:
            raise IntrospectionTooLarge(self._bounds.introspection) from None
        self._read += counted.values
        if self._read > self._bounds.introspection * len(self._operations):  # stop before counting more
            raise IntrospectionTooLarge(self._bounds.introspection)
        amount = counted.values if self._leaf else counted.objects
        return _Totals(below.depth + 1, below.nesting, below.fields + 1, 1, amount, 0, counted.values)

    def _costs(self, node: FieldNode, field: GraphQLField, below: _Totals) -> tuple[Amount, Amount]:
        """Return a field's fixed cost, and its cost per item of a page if the parent is a connection."""
        count = self._number(node, field)
        if not is_list_type(get_nullable_type(field.type)):
            return self._sum([(1, 1), (1, below.fixed), (DEFAULT_LIST_SIZE if count is None else count, below.listed)]), 0
        item = self._sum([(1, 1), (1, below.fixed), (DEFAULT_LIST_SIZE, below.listed)])
        return (0, item) if count is None else (self._sum([(count, item)]), 0)

    def _number(self, node: FieldNode, field: GraphQLField) -> Number | None:
        """Return how many items a field's arguments request, or None if it has no such arguments."""
        bounds = self._bounds
        arguments = {argument.name.value: argument.value for argument in node.arguments or ()}
        if IDS_ARGUMENT in field.args:
            return self._item_count([_list_length(arguments.get(IDS_ARGUMENT))], DEFAULT_LIST_SIZE, bounds.max_page_size)
        if any(name in field.args for name in PAGE_SIZE_ARGUMENTS):
            return self._item_count(
                [_source(arguments.get(name)) for name in PAGE_SIZE_ARGUMENTS], bounds.default_page_size, bounds.max_page_size
            )
        return None

    def _item_count(self, values: Iterable[int | str | None], default: int, maximum: int) -> Number:
        sources = tuple(source for source in values if source is not None)
        count = ItemCount(sources, default, maximum)
        names = [source for source in sources if isinstance(source, str)]
        self._sources.update(names)
        return count if names else count.number({})

    def _sum(self, parts: Iterable[tuple[Number, Amount]]) -> Amount:
        constant = 0
        terms: list[tuple[Number, Amount]] = []
        for number, each in parts:
            if isinstance(number, int) and isinstance(each, int):
                constant += number * each
            elif each != 0:
                terms.append((number, each))
        if not terms:
            return constant
        self._steps.append(VariableSum(len(self._steps), constant, tuple(terms)))
        return self._steps[-1]


def _own_cost(field: GraphQLField | None) -> int:
    """Return what the schema says that a field costs in addition to its objects."""
    definition = (field.extensions or {}).get(GraphQLCoreConverter.DEFINITION_BACKREF) if field else None
    return getattr(definition, "cost", 0)


def _empty(selected: SelectionSetNode) -> GraphQLSyntaxError:
    """Return the error for an empty selection set, which the parser accepts."""
    assert selected.loc is not None  # noqa: S101 (documents are parsed with locations)
    return GraphQLSyntaxError(selected.loc.source, selected.loc.end - 1, "Expected Name, found '}'.")


def _source(value: ValueNode | None) -> int | str | None:
    """Return the value of an integer literal, or the name of a variable."""
    if isinstance(value, VariableNode):
        return value.name.value
    return _int(value) if isinstance(value, IntValueNode) else None


def _list_length(value: ValueNode | None) -> int | str | None:
    """Return the length of a literal list, or a variable's name. A single value counts 1, because coercion wraps it in a list."""
    if isinstance(value, ListValueNode):
        return len(value.values)
    if value is None or isinstance(value, NullValueNode):
        return None
    return value.name.value if isinstance(value, VariableNode) else 1


def _int(value: IntValueNode) -> int:
    """Parse an integer. One with too many digits counts as MAX_COUNT; validation rejects it later."""
    return int(value.value) if len(value.value) <= len(str(MAX_COUNT)) else MAX_COUNT
