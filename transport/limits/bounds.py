"""Bounds of documents: how deep, how wide, and what an operation costs, all known before anything is validated or run.

*Depth* is the number of fields one inside another. *Width* is the number of fields, those of a fragment counted wherever it is
spread. *Cost* is the number of objects that an answer may have: a scalar costs 0, an object 1, and what stands below a list is
multiplied by its length. A connection has as many items as `first` or `last` asks for, or as a page has when neither is given;
things by their ids are as many as the ids; how long other lists are nobody knows, and they count LIST. `@skip` and `@include`
change nothing. Introspection has as many objects as the schema has. *Values* are counted like cost, but a scalar is a value too.

A fragment is walked once, wherever and however often it is spread, so the time is linear in the document, and so is what is
kept: where a page's size is a variable, a short sum is left to do for each request.
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

from resolvers.execution.roots import INTROSPECTION
from resolvers.values.errors import PublicError
from settings import Settings
from transport.limits.introspection_size import IntrospectionCounter, IntrospectionTooBig
from transport.overlaps import TooManyPairs, count_pairs

DEFAULT_LIST_SIZE: Final = 10  # items of a list whose length nobody asked for
NESTING_PER_DEPTH: Final = 3  # selection sets one inside another, fragments among them, for each level of depth
MAX_COUNT: Final = 2**53 - 1  # the highest whole number that every reader of JSON can read
PAGE_SIZE_ARGUMENTS: Final = ("first", "last")
MAX_SHOWN_NAME_LENGTH: Final = 100  # characters of a field's name in a message
IDS_ARGUMENT: Final = "ids"
PAIRS: Final = 20_000  # of fields with the same name in the answer; validation compares 200 in a millisecond at worst
STEPS: Final = 2  # steps that counting introspection may take, for each value that it may have


class OperationTooDeep(PublicError):
    """Fields one inside another, more of them than are allowed."""

    code = "OPERATION_TOO_DEEP"

    def __init__(self, limit: int) -> None:
        super().__init__(f"The operation nests its fields more than {limit} deep.", limit=limit)


class OperationTooWide(PublicError):
    """More fields than are allowed."""

    code = "OPERATION_TOO_WIDE"

    def __init__(self, fields: int, limit: int) -> None:
        fields = min(fields, MAX_COUNT)
        message = (
            f"The operation has {fields} fields, those of fragments counted wherever they are spread; {limit} are allowed."
        )
        super().__init__(message, fields=fields, limit=limit)


class TooManyRootFields(PublicError):
    """More fields at the root of an operation than are allowed."""

    code = "TOO_MANY_ROOT_FIELDS"

    def __init__(self, fields: int, limit: int) -> None:
        fields = min(fields, MAX_COUNT)
        message = f"The operation has {fields} root fields; {limit} are allowed. Send the rest in another operation."
        super().__init__(message, fields=fields, limit=limit)


class TooManyVariableValues(PublicError):
    """More values in the variables of an operation than are allowed."""

    code = "TOO_MANY_VARIABLE_VALUES"

    def __init__(self, limit: int) -> None:
        message = f"The variables have more than {limit} values in their lists and objects. Send them in several operations."
        super().__init__(message, limit=limit)


class OperationTooRepetitive(PublicError):
    """More pairs of fields that share a name in the answer than validation may compare."""

    code = "OPERATION_TOO_REPETITIVE"

    def __init__(self, limit: int) -> None:
        message = (
            "The operation selects the same fields of the same objects too often: validation would compare more than "
            f"{limit} pairs of fields or fragments. Select each field once."
        )
        super().__init__(message, limit=limit)


class OperationTooCostly(PublicError):
    """An answer that may have more objects than are allowed."""

    code = "OPERATION_TOO_COSTLY"

    def __init__(self, cost: int, limit: int) -> None:
        message = f"The operation may cost {cost}; {limit} is allowed. Ask for smaller pages, or in parts."
        super().__init__(message, cost=cost, limit=limit)


class MutationRepeated(PublicError):
    """The same mutation, more often than one operation may run it."""

    code = "MUTATION_REPEATED"

    def __init__(self, field: str, times: int, limit: int) -> None:
        message = f"The operation runs {field[:MAX_SHOWN_NAME_LENGTH]} {times} times; {limit} is the most. Send the rest in another operation."
        super().__init__(message, field=field[:MAX_SHOWN_NAME_LENGTH], times=times, limit=limit)


class OperationTooLarge(PublicError):
    """An answer that may have more values than are allowed."""

    code = "OPERATION_TOO_LARGE"

    def __init__(self, values: int, limit: int) -> None:
        message = (
            f"The answer may have {values} values; {limit} are allowed. Ask for smaller pages, for fewer fields, or in parts."
        )
        super().__init__(message, values=values, limit=limit)


class OperationTooSlow(PublicError):
    """More values than graphql-core may resolve, field by field."""

    code = "OPERATION_TOO_SLOW"

    def __init__(self, values: int, limit: int, why: str) -> None:
        message = (
            f"What runs field by field ({why}) may have {values} values; {limit} are allowed. "
            "Mend the error if there is one, else ask for smaller pages or for fewer fields."
        )
        super().__init__(message, values=values, limit=limit, reason=why)


class IntrospectionTooLarge(PublicError):
    """More of the schema than may be read at once."""

    code = "INTROSPECTION_TOO_LARGE"

    def __init__(self, limit: int) -> None:
        message = f"The operation reads more than {limit} values of the schema. Read it once, or in parts."
        super().__init__(message, limit=limit)


@dataclass(frozen=True, slots=True)
class ItemCount:
    """A number of items that variables decide: the first of `sources` that is given, or `default`; never above `most`."""

    sources: tuple[int | str, ...]  # numbers, and names of variables
    default: int
    most: int

    def number(self, variables: Mapping[str, Any]) -> int:
        """How many, with these coerced variables."""
        for source in self.sources:
            given = variables.get(source) if isinstance(source, str) else source
            if isinstance(given, list):
                given = len(given)
            if isinstance(given, int):
                return max(0, min(given, self.most))
        return self.default


@dataclass(frozen=True, slots=True)
class Step:
    """A sum that variables take part in: a constant, and numbers of items times what an item costs."""

    place: int  # among the steps of its document; those that it refers to come before it
    constant: int
    terms: tuple[tuple[int | ItemCount, int | Step], ...]


Number = int | ItemCount
Amount = int | Step


class Sizes:
    """The variables of an operation that are page sizes or lists of ids, coerced as execution coerces them.

    The cost and the execution read the same number in this way, whatever form a client sends it in.
    """

    __slots__ = ("_nodes", "_plain", "_schema")

    def __init__(self, schema: GraphQLSchema, nodes: Sequence[VariableDefinitionNode]) -> None:
        self._schema = schema
        self._nodes = nodes
        self._plain = [(node.variable.name.value, _plain_class(node)) for node in nodes]

    def read(self, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        """The coerced values; none where graphql-core refuses them, because then nothing runs."""
        if all(variables.get(name).__class__ is plain for name, plain in self._plain):
            return variables
        read = get_variable_values(self._schema, self._nodes, dict(variables))
        return read.coerced if isinstance(read, VariableValues) else {}


def _plain_class(node: VariableDefinitionNode) -> type | None:
    """The class of values whose number coercion does not change: a list has as many items before as after."""
    kind = node.type.type if isinstance(node.type, NonNullTypeNode) else node.type
    if isinstance(kind, ListTypeNode):
        return list
    return int if isinstance(kind, NamedTypeNode) and kind.name.value == GraphQLInt.name else None


@dataclass(frozen=True, slots=True)
class Costs:
    """What the operations of one document cost, in the order of the document."""

    operations: Sequence[tuple[Amount, Sizes]]
    steps: Sequence[Step]

    def of(self, operation: int, variables: Mapping[str, Any]) -> int:
        """What an operation costs with these variables."""
        amount, sizes = self.operations[operation]
        if isinstance(amount, int):
            return amount
        given = sizes.read(variables)
        costs: list[int] = []
        for step in self.steps:
            cost = step.constant
            for number, each in step.terms:
                many = number if isinstance(number, int) else number.number(given)
                cost += many * (each if isinstance(each, int) else costs[each.place])
            costs.append(cost)
        return costs[amount.place]


class Measurement(NamedTuple):
    """The operations of one document: their objects, which are their cost, and their values."""

    cost: Costs
    values: Costs


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The bounds that operations over a schema are held to."""

    schema: GraphQLSchema
    depth: int
    fields: int
    cost: int
    values: int
    unplanned: int
    introspection: int
    default_page_size: int
    max_page_size: int
    repeats: int = 10
    roots: int = 100
    variables: int = 10_000

    def measure(self, document: DocumentNode) -> Measurement:
        """What the operations of a document cost. Raises the error of the bound that they exceed, or GraphQLSyntaxError."""
        measured = Measurement(_Walk(self, document, leaf=0).costs(), _Walk(self, document, leaf=1).costs())
        try:
            count_pairs(document, PAIRS)
        except TooManyPairs:
            raise OperationTooRepetitive(PAIRS) from None
        return measured

    def check(self, cost: int, values: int) -> None:
        """Raises OperationTooCostly or OperationTooLarge."""
        if cost > self.cost:
            raise OperationTooCostly(min(cost, MAX_COUNT), self.cost)
        if values > self.values:
            raise OperationTooLarge(min(values, MAX_COUNT), self.values)

    def check_variables(self, variables: Mapping[str, Any]) -> None:
        """Raises TooManyVariableValues, before anything is coerced."""
        left, waiting = self.variables, list[Any](variables.values())
        while waiting:
            value = waiting.pop()
            if isinstance(value, dict | list):
                left -= len(value)
                if left < 0:
                    raise TooManyVariableValues(self.variables)
                waiting.extend(value.values() if isinstance(value, dict) else value)

    def check_unplanned(self, values: int, why: str) -> None:
        """Raises OperationTooSlow."""
        if values > self.unplanned:
            raise OperationTooSlow(min(values, MAX_COUNT), self.unplanned, why)

    def admit(self, document: DocumentNode, variables: Mapping[str, Any], why: str) -> None:
        """Raises OperationTooSlow where the one operation of a document is too much for graphql-core."""
        self.check_unplanned(self.measure(document).values.of(0, variables), why)


def bounds_of(schema: GraphQLSchema, settings: Settings) -> Bounds:
    """The bounds that are set."""
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
    """What is known of a selection set. `listed` is the part of its cost that stands in lists of the object that it selects from."""

    depth: int = 0
    nesting: int = 0
    fields: int = 0
    own: int = 0  # of the fields, those that no other field contains
    fixed: Amount = 0
    listed: Amount = 0
    introspected: int = 0  # values of the schema


NOTHING: Final = _Totals()


class _Walk:
    """One walk over a document, that nobody has validated. A scalar counts `leaf`."""

    def __init__(self, bounds: Bounds, document: DocumentNode, leaf: int) -> None:
        self._bounds = bounds
        self._leaf = leaf
        self._operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
        self._fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
        self._introspected = IntrospectionCounter(bounds.schema, self._fragments, STEPS * bounds.introspection)
        self._read = 0  # values of the schema, in all operations
        self._walked: dict[str, _Totals] = {}
        self._steps: list[Step] = []
        self._sources: set[str] = set()  # the variables that are numbers of items

    def costs(self) -> Costs:
        """The costs of all operations. What no operation spreads is walked too, for it will be validated."""
        for name in self._fragments:
            self._wide(self._fragment(name, 0, 0))
        amounts = [self._operation(each) for each in self._operations]
        return Costs([(amount, self._sizes(each)) for amount, each in zip(amounts, self._operations, strict=True)], self._steps)

    def _sizes(self, operation: OperationDefinitionNode) -> Sizes:
        definitions = operation.variable_definitions or ()
        return Sizes(self._bounds.schema, [each for each in definitions if each.variable.name.value in self._sources])

    def _operation(self, operation: OperationDefinitionNode) -> Amount:
        root = self._bounds.schema.get_root_type(operation.operation)
        totals = self._selections(operation.selection_set, root, 0, 0)
        self._wide(totals)
        if totals.own > self._bounds.roots:
            raise TooManyRootFields(totals.own, self._bounds.roots)
        if operation.operation is OperationType.MUTATION:
            self._check_repeats(operation.selection_set)
        if totals.introspected > self._bounds.introspection:
            raise IntrospectionTooLarge(self._bounds.introspection)
        return self._sum([(1, totals.fixed), (DEFAULT_LIST_SIZE, totals.listed)])

    def _check_repeats(self, selected: SelectionSetNode) -> None:
        """Raises MutationRepeated. A field under the same name in the answer runs once, wherever it is selected."""
        found: dict[str, set[str]] = {}
        waiting, spread = [selected], set[str]()
        while waiting:
            for each in waiting.pop().selections:
                if isinstance(each, FieldNode) and not each.name.value.startswith("__"):
                    found.setdefault(each.name.value, set()).add((each.alias or each.name).value)
                elif isinstance(each, InlineFragmentNode):
                    waiting.append(each.selection_set)
                elif (
                    isinstance(each, FragmentSpreadNode)
                    and each.name.value not in spread
                    and each.name.value in self._fragments
                ):
                    spread.add(each.name.value)
                    waiting.append(self._fragments[each.name.value].selection_set)
        for field, names in found.items():
            if len(names) > self._bounds.repeats:
                raise MutationRepeated(field, len(names), self._bounds.repeats)

    def _wide(self, totals: _Totals) -> None:
        if totals.fields > self._bounds.fields:
            raise OperationTooWide(totals.fields, self._bounds.fields)

    def _fits(self, level: int, nesting: int) -> None:
        if level > self._bounds.depth or nesting > self._bounds.depth * NESTING_PER_DEPTH:
            raise OperationTooDeep(self._bounds.depth)

    def _selections(self, selected: SelectionSetNode, parent: GraphQLNamedType | None, level: int, nesting: int) -> _Totals:
        """The totals of a selection set at a level, below a type that is unknown where the document is wrong."""
        self._fits(level, nesting + 1)
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
        )

    def _selection(self, selection: SelectionNode, parent: GraphQLNamedType | None, level: int, nesting: int) -> _Totals:
        if isinstance(selection, FieldNode):
            return self._field(selection, parent, level + 1, nesting)
        if isinstance(selection, FragmentSpreadNode):
            return self._fragment(selection.name.value, level, nesting)
        assert isinstance(selection, InlineFragmentNode)  # noqa: S101 (there is no fourth)
        on = selection.type_condition
        return self._selections(
            selection.selection_set, self._bounds.schema.get_type(on.name.value) if on else parent, level, nesting
        )

    def _fragment(self, name: str, level: int, nesting: int) -> _Totals:
        """The totals of a fragment. One that is unknown, or spreads itself, counts nothing there: it will be refused."""
        if (known := self._walked.get(name)) is None:
            if (fragment := self._fragments.get(name)) is None:
                return NOTHING
            self._walked[name] = NOTHING
            on = self._bounds.schema.get_type(fragment.type_condition.name.value)
            known = self._walked[name] = self._selections(fragment.selection_set, on, level, nesting)
        self._fits(level + known.depth, nesting + known.nesting)
        return known

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None, level: int, nesting: int) -> _Totals:
        self._fits(level, nesting)
        field = parent.fields.get(node.name.value) if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) else None
        if node.selection_set is None:
            return _Totals(1, 0, 1, 1, self._leaf)
        below = self._selections(node.selection_set, get_named_type(field.type) if field else None, level, nesting)
        if parent is self._bounds.schema.query_type and node.name.value in INTROSPECTION:
            return self._asking(node, below)
        fixed, listed = self._costs(node, field, below) if field else (0, 0)
        return _Totals(below.depth + 1, below.nesting, below.fields + 1, 1, fixed, listed, below.introspected)

    def _asking(self, node: FieldNode, below: _Totals) -> _Totals:
        """The totals of a field that asks about the schema."""
        self._wide(below)
        try:
            counted = self._introspected.count(node)
        except IntrospectionTooBig:
            raise IntrospectionTooLarge(self._bounds.introspection) from None
        self._read += counted.values
        if self._read > self._bounds.introspection * len(self._operations):  # before more is counted
            raise IntrospectionTooLarge(self._bounds.introspection)
        amount = counted.values if self._leaf else counted.objects
        return _Totals(below.depth + 1, below.nesting, below.fields + 1, 1, amount, 0, counted.values)

    def _costs(self, node: FieldNode, field: GraphQLField, below: _Totals) -> tuple[Amount, Amount]:
        """What a field costs its parent: once, and for each item of a page that the parent may be."""
        many = self._number(node, field)
        if not is_list_type(get_nullable_type(field.type)):
            return self._sum([(1, 1), (1, below.fixed), (DEFAULT_LIST_SIZE if many is None else many, below.listed)]), 0
        each = self._sum([(1, 1), (1, below.fixed), (DEFAULT_LIST_SIZE, below.listed)])
        return (0, each) if many is None else (self._sum([(many, each)]), 0)

    def _number(self, node: FieldNode, field: GraphQLField) -> Number | None:
        """How many items a field asks for by its arguments, None where it has no such arguments."""
        bounds = self._bounds
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        if IDS_ARGUMENT in field.args:
            return self._asked([_listed(given.get(IDS_ARGUMENT))], DEFAULT_LIST_SIZE, bounds.max_page_size)
        if any(name in field.args for name in PAGE_SIZE_ARGUMENTS):
            return self._asked(
                [_source(given.get(name)) for name in PAGE_SIZE_ARGUMENTS], bounds.default_page_size, bounds.max_page_size
            )
        return None

    def _asked(self, values: Iterable[int | str | None], default: int, most: int) -> Number:
        sources = tuple(source for source in values if source is not None)
        asked = ItemCount(sources, default, most)
        names = [source for source in sources if isinstance(source, str)]
        self._sources.update(names)
        return asked if names else asked.number({})

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
        self._steps.append(Step(len(self._steps), constant, tuple(terms)))
        return self._steps[-1]


def _empty(selected: SelectionSetNode) -> GraphQLSyntaxError:
    """The error of braces without anything in them, which the parser lets pass."""
    assert selected.loc is not None  # noqa: S101 (documents are parsed with places)
    return GraphQLSyntaxError(selected.loc.source, selected.loc.end - 1, "Expected Name, found '}'.")


def _source(value: ValueNode | None) -> int | str | None:
    """The number that a literal is, or the name of the variable."""
    if isinstance(value, VariableNode):
        return value.name.value
    return _int(value) if isinstance(value, IntValueNode) else None


def _listed(value: ValueNode | None) -> int | str | None:
    """The length of a literal list, one for a single value, which coercion makes a list of; or the name of the variable."""
    if isinstance(value, ListValueNode):
        return len(value.values)
    if value is None or isinstance(value, NullValueNode):
        return None
    return value.name.value if isinstance(value, VariableNode) else 1


def _int(value: IntValueNode) -> int:
    """The number, if it is short enough to be one; any other will be refused, and counts as the highest."""
    return int(value.value) if len(value.value) <= len(str(MAX_COUNT)) else MAX_COUNT
