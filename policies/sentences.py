"""Who may see a type or a field, in a sentence for whoever reads the schema: written from the compiled policy, not from comments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

from cachetools import LRUCache, cached

from policies.entity import Entity
from policies.matrix import ROW, Cell, Cells, abilities, acting, reading
from policies.policy import Policy
from policies.predicate import (
    FALSE,
    TRUE,
    And,
    Attribute,
    Compare,
    Exists,
    Not,
    OneOf,
    Or,
    Parameter,
    Predicate,
    SetParameter,
    Value,
    show,
)
from policies.reason import Reason
from policies.viewer import Shape
from policies.viewer_classes import ViewerSet, describe_viewers, listed, prose

Sentences: TypeAlias = Mapping[tuple[str, str | None], str]
"""The sentence of each (type, field); of the type itself under None, of abilities under ABILITY, of what has no rule under UNRULED.

That of an action on a type stands under its name in capitals.
"""

ABILITY: Final = ""
UNRULED: Final = "*"  # whatever is seen with the row, such as its id
LONGEST: Final = 320  # characters that a type's sentence may have; a longer one is left to the matrix
KEPT: Final = 4
OF_VIEWERS: Final[Mapping[str, str]] = {
    "user_id": "the viewer",
    "company_id": "the viewer's company",
    "partner_id": "the viewer's partner",
}
OPERATORS: Final[Mapping[str, str]] = {
    "=": "is",
    "!=": "is not",
    "<": "is less than",
    "<=": "is at most",
    ">": "is more than",
    ">=": "is at least",
}


def _version(policy: Policy) -> tuple[str, ...]:
    return (policy.version, *(entity.name for entity in policy.catalogue))


@cached(LRUCache(KEPT), key=_version)
def sentences(policy: Policy) -> Sentences:
    """All sentences. It takes a second, and once for each version of a policy."""
    found: dict[tuple[str, str | None], str] = {
        (ABILITY, ability): _of_ability(cells) for ability, cells in abilities(policy).items()
    }
    for entity in policy.catalogue:
        lines = reading(policy, entity)
        noun = _words(entity.part_of or entity.name)
        if sentence := _of_type(entity, lines[ROW]):
            found[entity.name, None] = sentence
        found[entity.name, UNRULED] = f"Visible to whoever may read the {noun}."
        found |= {(entity.name, name): _of_field(noun, cells) for name, cells in lines.items() if name != ROW}
        found |= {(entity.name, action.upper()): _of_action(cells) for action, cells in acting(policy, entity).items()}
    return found


def _of_type(entity: Entity, cells: Cells) -> str:
    """Who reads which rows, where that is short."""
    if entity.part_of is not None:
        return f"Read with its {_words(entity.part_of)}."
    sentence = f"Read {_where(cells, 'by')}."
    return sentence if len(sentence) <= LONGEST else ""


def _of_field(noun: str, cells: Cells) -> str:
    """Who sees a field of a row that may be read, and for which reasons others do not."""
    never = {shape: cell for shape, cell in cells.items() if cell is not None and cell.where == FALSE}
    if all(cell is None or cell.where in (TRUE, FALSE) for cell in cells.values()):
        return f"Visible to whoever may read the {noun}{', but hidden ' + _hidden(never, cells) if never else ''}."
    elsewhere = dict.fromkeys(
        reason for cell in cells.values() if cell is not None and cell.where not in (TRUE, FALSE) for reason in cell.reasons
    )
    always = {shape: cell for shape, cell in never.items() if not set(cell.reasons) <= set(elsewhere)}
    sentence = f"Visible {_where(cells, 'to')}; otherwise hidden ({listed([*elsewhere], 'or')})"
    return f"{sentence}{', and always ' + _hidden(always, cells) if always else ''}."


def _of_action(cells: Cells) -> str:
    """For whom it is at all; which rows it is for, the matrix says."""
    able = {shape for shape, cell in cells.items() if cell is not None and cell.where != FALSE}
    return f"Open {prose(_who(able, cells), 'to')}." if able else "Open to nobody."


def _of_ability(cells: Cells) -> str:
    """Who has it, or where there are several reasons for not having it, who has not."""
    never = {shape: cell for shape, cell in cells.items() if cell is not None and cell.where == FALSE}
    reasons = {cell.reasons for cell in never.values()}
    if len(reasons) != 1:
        return f"Hidden {_hidden(never, cells)}." if never else "Visible to everybody."
    (only,) = reasons
    return f"Visible {_where(cells, 'to')}, and hidden from everybody else ({listed(only, 'or')})."


def _hidden(never: Mapping[Shape, Cell], cells: Cells) -> str:
    """From whom, by reason. Whoever has been named is no matter for those that follow, to whom it may apply too."""
    groups: dict[tuple[Reason, ...], set[Shape]] = {}
    for shape, cell in never.items():
        groups.setdefault(cell.reasons, set()).add(shape)
    named: set[Shape] = set()
    said: list[str] = []
    for reasons, shapes in sorted(groups.items(), key=lambda group: _length(_who(group[1], cells))):
        said.append(f"{prose(_who(shapes, cells, named), 'from')} ({listed(reasons, 'or')})")
        named |= shapes
    return listed(said, "and")


def _length(viewers: ViewerSet) -> int:
    return sum(1 + len(part.conditions) for part in viewers.parts)


def _where(cells: Cells, preposition: str) -> str:
    """Whoever always may, and then what has to be true of the row for others."""
    groups: dict[Predicate, set[Shape]] = {}
    for shape, cell in cells.items():
        if cell is not None and cell.where != FALSE:
            groups.setdefault(cell.where, set()).add(shape)
    always = [prose(_who(groups.pop(TRUE), cells), preposition)] if TRUE in groups else []
    return "; ".join(
        [*always, *(f"where {clause(where)}, {prose(_who(shapes, cells), preposition)}" for where, shapes in groups.items())]
    )


def _who(shapes: set[Shape], cells: Cells, named: Iterable[Shape] = ()) -> ViewerSet:
    """These of all who read rows; whoever reads none, or was named, does not matter."""
    free = {shape for shape, cell in cells.items() if cell is None} | set(named)
    return describe_viewers({shape: None if shape in free else shape in shapes for shape in cells})


def clause(predicate: Predicate) -> str:
    """A predicate within a sentence about one row, which is "it"."""
    match predicate:
        case Compare(operator, name, value):
            return f"{_subject(name)} {_compared(operator, value)}"
        case OneOf(name, values):
            return f"{_subject(name)} is {listed([str(value) for value in values], 'or')}"
        case Exists(link, condition):
            return f"for one of its {_words(link)} {clause(condition)}"
        case Not(item):
            return f"not {clause(item)}"
        case And(items):
            return " and ".join(f"({clause(item)})" if isinstance(item, Or) else clause(item) for item in items)
        case Or(items):
            return _either(items)
    return show(predicate)


def _either(items: tuple[Predicate, ...]) -> str:
    """One of several; columns that are compared with the same are named together."""
    compared = [item for item in items if isinstance(item, Compare)]
    values = {(item.operator, item.value) for item in compared}
    if len(values) != 1 or len(compared) != len(items):
        return " or ".join(clause(item) for item in items)
    ((operator, value),) = values
    return f"{listed([_subject(item.attribute) for item in compared], 'or')} {_compared(operator, value)}"


def _subject(name: str) -> str:
    return "it" if name == "id" else f"its {_words(name.removesuffix('_id'))}"


def _compared(operator: str, value: Value) -> str:
    match value:
        case Parameter(name):
            return f"{OPERATORS[operator]} {OF_VIEWERS.get(name, _words(name))}"
        case SetParameter(name):
            return f"{OPERATORS[operator]} among the viewer's {_words(name)}"
        case Attribute(name):
            return f"{OPERATORS[operator]} its {_words(name)}"
        case None:
            return "is given" if operator == "!=" else "is not given"
    return f"{OPERATORS[operator]} {str(value).lower() if isinstance(value, bool) else value}"


def _words(name: str) -> str:
    """A name of code as words."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", name).replace("_", " ").lower()
