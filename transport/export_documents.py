"""The documents of exports: a query that selects one connection, and what reads its pages.

A connection in a page of rows would have to be read page by page too, so a row can select nothing of one but `totalCount`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, cast

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    NamedTypeNode,
    NameNode,
    NonNullTypeNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    get_named_type,
    get_nullable_type,
    is_list_type,
    print_ast,
    separate_operations,
    visit,
)

from resolvers.exporting.encoding import HIDDEN
from resolvers.exporting.pages import ExportRefused, Path
from resolvers.writing.user_errors import ErrorCode

PAGE_ARGUMENTS: Final = frozenset(("first", "after", "last", "before"))
COUNT_ONLY: Final = frozenset(("totalCount", "totalCountPrecision", "__typename"))
PAGE_INFO: Final = "exportPageInfo"  # the response key of what the export itself reads of a page
ONE_CONNECTION: Final = "Select exactly one field of Query, a connection such as ports, without a fragment or a directive."
NOT_CONNECTION: Final = "The field {name} isn't a connection, so it has no pages to export."
PAGED: Final = "The export reads all pages. Leave out the argument {name}."
ONLY_ITEMS: Final = "Select only nodes, or edges with only node, of the connection, without a fragment or a directive."
NESTED: Final = (
    "The field {name} is a connection in each row, whose pages an export doesn't read. Select only its totalCount, or export it by "
    "itself."
)
RESERVED: Final = "The response key {name} is reserved for exports. Choose another alias."


@dataclass(frozen=True, slots=True)
class ExportDocument:
    """What reads the pages of an export: a document with variables for the size and the start of a page.

    `key` is the response key of the connection, `items` that of its list, and `node` that of a row in an edge.
    """

    text: str
    connection: str
    key: str
    items: str
    node: str | None
    first: str
    after: str
    columns: tuple[Path, ...]

    def variables(self, variables: Mapping[str, Any], page_size: int, after: str | None) -> dict[str, Any]:
        """Return the variables of a page."""
        return {**variables, self.first: page_size, self.after: after}


def export_document(document: DocumentNode, operation: OperationDefinitionNode, schema: GraphQLSchema) -> ExportDocument:
    """Return what reads the pages of a valid document. Raises ExportRefused."""
    document = separate_operations(document)[operation.name.value if operation.name else ""]
    root, definition = _connection(operation, schema)
    items, node = _items(root)
    rows = (node or items).selection_set
    kind = cast("GraphQLObjectType", get_named_type(definition.type))
    _refuse_nested(document, root, schema)
    columns = _Columns(schema, document).of(rows, _row_type(kind))
    for path in columns:
        if path[0] == HIDDEN:
            raise _refused(RESERVED, HIDDEN)
    first, after = _unused(operation, "exportFirst"), _unused(operation, "exportAfter")
    return ExportDocument(
        text=print_ast(_paged(document, operation, root, first, after)),
        connection=root.name.value,
        key=_key(root),
        items=_key(items),
        node=None if node is None else _key(node),
        first=first,
        after=after,
        columns=columns,
    )


def is_connection(kind: object) -> bool:
    """Return whether a type is a connection."""
    return isinstance(kind, GraphQLObjectType) and "pageInfo" in kind.fields and "nodes" in kind.fields


def _refused(message: str, name: str = "", code: ErrorCode = ErrorCode.NOT_EXPORTABLE) -> ExportRefused:
    return ExportRefused(code, message.format(name=name))


def _connection(operation: OperationDefinitionNode, schema: GraphQLSchema) -> tuple[FieldNode, GraphQLField]:
    """Return the only root field, which is a connection, and its definition."""
    root = _only_field(operation.selection_set)
    if operation.operation is not OperationType.QUERY or operation.directives or root is None:
        raise _refused(ONE_CONNECTION)
    assert schema.query_type is not None  # noqa: S101 (the document is valid)
    definition = schema.query_type.fields.get(root.name.value)
    if definition is None or not is_connection(get_named_type(definition.type)):
        raise _refused(NOT_CONNECTION, root.name.value)
    for argument in root.arguments or ():
        if argument.name.value in PAGE_ARGUMENTS:
            raise _refused(PAGED, argument.name.value)
    return root, definition


def _items(root: FieldNode) -> tuple[FieldNode, FieldNode | None]:
    """Return the field of the connection's list, and that of the row in an edge."""
    items = _only_field(root.selection_set)
    if items is not None and items.name.value == "nodes":
        return items, None
    if items is not None and items.name.value == "edges":
        node = _only_field(items.selection_set)
        if node is not None and node.name.value == "node":
            return items, node
    raise _refused(ONLY_ITEMS)


def _only_field(selected: SelectionSetNode | None) -> FieldNode | None:
    """Return the only selection, if it's a field without directives."""
    selections = () if selected is None else selected.selections
    if len(selections) != 1 or not isinstance(selections[0], FieldNode) or selections[0].directives:
        return None
    return selections[0]


def _key(node: FieldNode) -> str:
    return node.alias.value if node.alias else node.name.value


def _row_type(connection: GraphQLObjectType) -> Any:
    return get_named_type(connection.fields["nodes"].type)


def _refuse_nested(document: DocumentNode, root: FieldNode, schema: GraphQLSchema) -> None:
    """Refuse connections in rows, of which more than the count is selected."""
    types = TypeInfo(schema)

    class Nested(Visitor):
        def enter_field(self, node: FieldNode, *_more: Any) -> None:
            if node is not root and is_connection(get_named_type(types.get_type())) and not _only_counts(node):
                raise _refused(NESTED, node.name.value, ErrorCode.NESTED_CONNECTION)

    visit(document, TypeInfoVisitor(types, Nested()))


def _only_counts(node: FieldNode) -> bool:
    selections = node.selection_set.selections if node.selection_set else ()
    return all(isinstance(each, FieldNode) and each.name.value in COUNT_ONLY for each in selections)


def _unused(operation: OperationDefinitionNode, name: str) -> str:
    """Return a name that no variable of an operation has."""
    used = {each.variable.name.value for each in operation.variable_definitions or ()}
    while name in used:
        name += "_"
    return name


def _paged(document: DocumentNode, operation: OperationDefinitionNode, root: FieldNode, first: str, after: str) -> DocumentNode:
    """Return a document that reads one page."""
    assert root.selection_set is not None  # noqa: S101 (it's a connection)
    size = _variable_definition(first, NonNullTypeNode(type=_named("Int")))
    start = _variable_definition(after, _named("String"))
    arguments = (*(root.arguments or ()), _argument("first", first), _argument("after", after))
    selections = (*root.selection_set.selections, _page_info())
    paged = replace(root, arguments=arguments, selection_set=replace(root.selection_set, selections=selections))
    only = replace(
        operation,
        variable_definitions=(*(operation.variable_definitions or ()), size, start),
        selection_set=SelectionSetNode(selections=(paged,)),
    )
    return DocumentNode(definitions=tuple(only if each is operation else each for each in document.definitions))


def _page_info() -> FieldNode:
    names = SelectionSetNode(selections=tuple(FieldNode(name=_name(each)) for each in ("hasNextPage", "endCursor")))
    return FieldNode(alias=_name(PAGE_INFO), name=_name("pageInfo"), selection_set=names)


def _name(value: str) -> NameNode:
    return NameNode(value=value)


def _named(kind: str) -> NamedTypeNode:
    return NamedTypeNode(name=_name(kind))


def _variable_definition(name: str, kind: NamedTypeNode | NonNullTypeNode) -> VariableDefinitionNode:
    return VariableDefinitionNode(variable=VariableNode(name=_name(name)), type=kind)


def _argument(name: str, variable: str) -> ArgumentNode:
    return ArgumentNode(name=_name(name), value=VariableNode(name=_name(variable)))


@dataclass(slots=True)
class _Columns:
    """Finds the paths of the values that a row can have. A list is one value, whatever is in it."""

    schema: GraphQLSchema
    document: DocumentNode
    _fragments: dict[str, FragmentDefinitionNode] = field(init=False)

    def __post_init__(self) -> None:
        definitions = [each for each in self.document.definitions if isinstance(each, FragmentDefinitionNode)]
        self._fragments = {each.name.value: each for each in definitions}

    def of(self, selected: SelectionSetNode | None, kind: Any) -> tuple[Path, ...]:
        """Return the paths of the values that are selected of a type, each once."""
        return tuple(dict.fromkeys(self._paths(selected, kind)))

    def _paths(self, selected: SelectionSetNode | None, kind: Any) -> Iterator[Path]:
        for selection in selected.selections if selected else ():
            yield from self._selection(selection, kind)

    def _selection(self, selection: SelectionNode, kind: Any) -> Iterator[Path]:
        if isinstance(selection, FieldNode):
            yield from self._field(selection, kind)
            return
        fragment = self._fragments[selection.name.value] if isinstance(selection, FragmentSpreadNode) else selection
        assert isinstance(fragment, FragmentDefinitionNode | InlineFragmentNode)  # noqa: S101 (there's no other selection)
        on = fragment.type_condition
        yield from self._paths(fragment.selection_set, self.schema.get_type(on.name.value) if on else kind)

    def _field(self, node: FieldNode, kind: Any) -> Iterator[Path]:
        key, definition = _key(node), kind.fields.get(node.name.value)
        if node.selection_set is None or definition is None or is_list_type(get_nullable_type(definition.type)):
            yield (key,)
            return
        for path in self._paths(node.selection_set, get_named_type(definition.type)):
            yield (key, *path)
