"""Visibility sentences for schema descriptions: who can see a type or a field. Generated from compiled policy, not from comments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

from cachetools import LRUCache, cached

from policies.analysis.matrix import ROW, Cell, Cells, abilities, action_cells, actions_of, reading
from policies.analysis.viewer_classes import ViewerSet, describe_viewers, listed, prose
from policies.entity import Entity
from policies.evaluation.policy import Policy
from policies.predicates.predicate import (
    FALSE,
    TRUE,
    And,
    Compare,
    Exists,
    Not,
    OneOf,
    Or,
    OtherColumn,
    Parameter,
    Predicate,
    SetParameter,
    Value,
    show,
)
from policies.reason import Reason
from policies.viewer import Shape

Sentences: TypeAlias = Mapping[tuple[str, str | None], str]
"""Sentences by (type, field). A type's own sentence has the field None, an ability has the type ABILITY, and an action has its
name in capitals as the field. A field whose visibility doesn't differ from its row's has an empty sentence.
"""

ABILITY: Final = ""
MAX_TYPE_SENTENCE_LENGTH: Final = 320  # characters; the policy matrix shows what a longer sentence would say
SENTENCES_CACHE_SIZE: Final = 4  # policy versions
OF_VIEWERS: Final[Mapping[str, str]] = {
    "user_id": "the viewer",
    "signed_in_id": "the signed-in user",
    "company_id": "the viewer's company",
    "partner_id": "the viewer's partner",
    "api_key_id": "the viewer's API key",
    "invitation_id": "the invitation whose link the viewer has",
}
NAMES_IN_WORDS: Final[Mapping[str, str]] = {
    "app_user": "user",
    "actor_company": "actor's company",
    "as_company": "viewed-as company",
}
OPERATORS: Final[Mapping[str, str]] = {
    "=": "is",
    "!=": "isn't",
    "<": "is less than",
    "<=": "is at most",
    ">": "is more than",
    ">=": "is at least",
}


def _cache_key(policy: Policy) -> tuple[str, ...]:
    """Return the policy's version and the names of its types."""
    return (policy.version, *(entity.name for entity in policy.catalogue))


@cached(LRUCache(SENTENCES_CACHE_SIZE), key=_cache_key)
def sentences(policy: Policy) -> Sentences:
    """Return every sentence. Takes several seconds; cached per policy version."""
    by_site: dict[tuple[str, str | None], str] = {
        (ABILITY, ability): _of_ability(cells) for ability, cells in abilities(policy).items()
    }
    for entity in policy.catalogue:
        lines = reading(policy, entity)
        if sentence := _of_type(entity, lines[ROW]):
            by_site[entity.name, None] = sentence
        by_site |= {(entity.name, name): _of_field(entity, cells) for name, cells in lines.items() if name != ROW}
        for action in actions_of(policy, entity):
            by_site[entity.name, action.upper()] = _of_action(action_cells(policy, entity, action))
    return by_site


def _of_type(entity: Entity, cells: Cells) -> str:
    """Say who can read which rows, or nothing if that takes too long."""
    if entity.part_of is not None:
        return f"Visible to everyone who can read the {_words(entity.part_of)}."
    sentence = f"Visible {_where(entity, cells)}."
    return sentence if len(sentence) <= MAX_TYPE_SENTENCE_LENGTH else ""


def _of_field(entity: Entity, cells: Cells) -> str:
    """Say who can see a field of a readable row, and why others can't. Empty if everyone who reads the row sees it."""
    never = {shape: cell for shape, cell in cells.items() if cell is not None and cell.where == FALSE}
    if all(cell is None or cell.where in (TRUE, FALSE) for cell in cells.values()):
        return f"Hidden {_hidden(never, cells)}." if never else ""
    elsewhere = dict.fromkeys(
        reason for cell in cells.values() if cell is not None and cell.where not in (TRUE, FALSE) for reason in cell.reasons
    )
    always = {shape: cell for shape, cell in never.items() if not set(cell.reasons) <= set(elsewhere)}
    sentence = f"Visible {_where(entity, cells)}; otherwise hidden ({listed([*elsewhere], 'or')})."
    return f"{sentence} Always hidden {_hidden(always, cells, preceding_text=sentence)}." if always else sentence


def _of_action(cells: Cells) -> str:
    """Say who can ever take an action. The policy matrix says on which rows."""
    able = {shape for shape, cell in cells.items() if cell is not None and cell.where != FALSE}
    return f"Available {prose(_who(able, cells), 'to')}." if able else "Available to no one."


def _of_ability(cells: Cells) -> str:
    """Say who has an ability, or who lacks it if there are several reasons. Empty if everyone has it."""
    never = {shape: cell for shape, cell in cells.items() if cell is not None and cell.where == FALSE}
    reasons = {cell.reasons for cell in never.values()}
    if len(reasons) != 1:
        return f"Hidden {_hidden(never, cells)}." if never else ""
    (only,) = reasons
    able = {shape for shape, cell in cells.items() if cell is not None and cell.where != FALSE}
    return f"Visible {prose(_who(able, cells), 'to')}; hidden from everyone else ({listed(only, 'or')})."


def _hidden(never: Mapping[Shape, Cell], cells: Cells, *, preceding_text: str = "") -> str:
    """Name the viewers a field is hidden from, grouped by reason. Viewers already named don't matter to the later groups."""
    groups: dict[tuple[Reason, ...], set[Shape]] = {}
    for shape, cell in never.items():
        groups.setdefault(cell.reasons, set()).add(shape)
    named: set[Shape] = set()
    phrases: list[str] = []
    for reasons, shapes in sorted(groups.items(), key=lambda group: _length(_who(group[1], cells))):
        viewers = prose(_who(shapes, cells, named), "from", preceding_text=" ".join((preceding_text, *phrases)))
        phrases.append(f"{viewers} ({listed(reasons, 'or')})")
        named |= shapes
    return listed(phrases, "and")


def _length(viewers: ViewerSet) -> int:
    return sum(1 + len(part.conditions) for part in viewers.parts)


def _where(entity: Entity, cells: Cells) -> str:
    """Name the viewers who see every row, then the other viewers with the condition that a row must meet."""
    groups: dict[Predicate, set[Shape]] = {}
    for shape, cell in cells.items():
        if cell is not None and cell.where != FALSE:
            groups.setdefault(cell.where, set()).add(shape)
    row = f"the {_words(entity.table.description or '')}"
    phrases = [prose(_who(groups.pop(TRUE), cells), "to")] if TRUE in groups else []
    for where, shapes in groups.items():
        phrases.append(f"{prose(_who(shapes, cells), 'to', preceding_text=' '.join(phrases))} if {clause(where, row)}")
    return "; ".join(phrases)


def _who(shapes: set[Shape], cells: Cells, named: Iterable[Shape] = ()) -> ViewerSet:
    """Describe some of the viewers who can read rows. Viewers who read none, or who are already named, don't matter."""
    free = {shape for shape, cell in cells.items() if cell is None} | set(named)
    return describe_viewers({shape: None if shape in free else shape in shapes for shape in cells})


def clause(predicate: Predicate, row: str = "it") -> str:
    """Return a predicate as a clause about one row. `row` names it where a pronoun could mean something else."""
    match predicate:
        case Compare(operator, name, value):
            return f"{_subject(name, row)} {_compared(operator, value)}"
        case OneOf(name, values):
            return f"{_subject(name, row)} is {listed([str(value) for value in values], 'or')}"
        case Exists(link, condition):
            return f"for one of its {_words(link)}, {clause(condition)}"
        case Not(item):
            return f"not {clause(item, row)}"
        case And(items):
            return " and ".join(f"({clause(item, row)})" if isinstance(item, Or) else clause(item, row) for item in items)
        case Or(items):
            return _either(items, row)
    return show(predicate)


def _either(items: tuple[Predicate, ...], row: str) -> str:
    """Join alternatives by "or". Columns that are compared with the same value are named together."""
    compared = [item for item in items if isinstance(item, Compare)]
    values = {(item.operator, item.value) for item in compared}
    if len(values) != 1 or len(compared) != len(items):
        return " or ".join(clause(item, row) for item in items)
    ((operator, value),) = values
    return f"{listed([_subject(item.attribute, row) for item in compared], 'or')} {_compared(operator, value)}"


def _subject(name: str, row: str) -> str:
    return row if name == "id" else f"its {_words(name.removesuffix('_id'))}"


def _compared(operator: str, value: Value) -> str:
    match value:
        case Parameter(name):
            return f"{OPERATORS[operator]} {OF_VIEWERS.get(name, _words(name))}"
        case SetParameter(name):
            return f"{OPERATORS[operator]} one of the viewer's {_words(name)}"
        case OtherColumn(name):
            return f"{OPERATORS[operator]} its {_words(name)}"
        case None:
            return "is set" if operator == "!=" else "isn't set"
    return f"{OPERATORS[operator]} {str(value).lower() if isinstance(value, bool) else value}"


def _words(name: str) -> str:
    """Return a Python name as words: `MarketplaceProfile` is "marketplace profile"."""
    return NAMES_IN_WORDS.get(name) or re.sub(r"(?<!^)(?=[A-Z])", " ", name).replace("_", " ").lower()
