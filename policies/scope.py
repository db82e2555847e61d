"""What lint knows of the variables of a rule: which is the viewer, which a row, which a linked row, and what each has."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final, Literal, TypeAlias

from policies.entity import Catalogue, Entity, Link
from policies.errors import PolicyError
from policies.source import Rule
from policies.suggestions import hint
from policies.syntax import Constant, Path
from policies.viewer import PARAMETERS, SETS, SHAPE, Shape

VIEWER: Final = "viewer"
DATA: Final = "data"  # a literal, or a value of a column
UNKNOWN: Final = "unknown"  # an argument without a type: a helper rule's, of which the callers decide
Type: TypeAlias = Literal["viewer", "data", "unknown"] | Entity | Link

_DEFAULTS: Final = {field.name: field.default for field in fields(Shape)}
_FLAGS: Final = frozenset(name for name, default in _DEFAULTS.items() if isinstance(default, bool))
_MANY: Final = frozenset(name for name, default in _DEFAULTS.items() if isinstance(default, tuple)) | set(SETS)
_FACTS: Final = (*SHAPE, *PARAMETERS, *SETS)


@dataclass
class Scope:
    """The variables that are bound, each with what it stands for."""

    types: dict[str, Type]

    @classmethod
    def of(cls, rule: Rule, catalogue: Catalogue) -> Scope:
        """The arguments of a rule's head."""
        types: dict[str, Type] = {}
        for argument in rule.arguments:
            if argument.name not in (None, "_"):  # each `_` is another variable
                types[str(argument.name)] = _type(argument.type, catalogue)
        return cls(types)

    def copy(self) -> Scope:
        """The same variables; what is bound in the copy is not bound here."""
        return Scope(dict(self.types))

    def check_value(self, path: Path) -> None:
        """Refuse what is not a single value that can be compared."""
        kind = self._kind(path)
        if path.attribute is None:
            if kind not in (DATA, UNKNOWN):
                raise PolicyError(f"{path.place}: compare an attribute of `{path.variable}`")
        elif (kind == VIEWER and path.attribute in _MANY) or (isinstance(kind, Entity) and kind.link(path.attribute)):
            raise PolicyError(f"{path.place}: {path.variable}.{path.attribute} has several values: use `in`")

    def check_many(self, path: Path) -> Type:
        """Refuse what has not several values; say what each of them is."""
        kind = self._kind(path)
        if kind == VIEWER and path.attribute in _MANY:
            return DATA
        link = kind.link(path.attribute) if isinstance(kind, Entity) and path.attribute is not None else None
        if link is None:
            raise PolicyError(f"{path.place}: `in` needs a list, a link or a fact of the viewer that has several values")
        return link

    def check_flag(self, path: Path) -> None:
        """Refuse a goal that is neither true nor false: a column may be NULL, which Oso takes for an error."""
        if self._kind(path) != VIEWER or path.attribute not in _FLAGS:
            raise PolicyError(f"{path.place}: this is not a condition: compare it, `= true` say")

    def check_argument(self, term: Constant | Path) -> Type:
        """Say what a rule is called with."""
        if isinstance(term, Constant):
            return DATA
        kind = self._kind(term)
        if term.attribute is not None:
            self.check_value(term)
            return DATA
        return kind

    def is_open(self, term: Constant | Path) -> bool:
        """Whether a value is not known at compile time: a column, or what a helper rule is given."""
        if isinstance(term, Constant) or term.variable not in self.types:
            return False
        kind = self.types[term.variable]
        return kind == UNKNOWN or (term.attribute is not None and isinstance(kind, Entity | Link))

    def _kind(self, path: Path) -> Type:
        """What the variable stands for, once it is clear that it is bound and has the attribute."""
        if path.variable not in self.types:
            raise PolicyError(
                f"{path.place}: free variable {path.variable}: name it in the head, or bind it first by `{path.variable} in …`"
            )
        kind = self.types[path.variable]
        if path.attribute is not None and not _has(kind, path.attribute):
            known = hint(path.attribute, _attributes(kind))
            raise PolicyError(f"{path.place}: {path.variable} has no attribute {path.attribute}. {known}")
        return kind


def _type(name: str | None, catalogue: Catalogue) -> Type:
    if name is None:
        return UNKNOWN
    return VIEWER if name == "Viewer" else catalogue[name]


def _has(kind: Type, attribute: str) -> bool:
    return kind == UNKNOWN or attribute in _attributes(kind)


def _attributes(kind: Type) -> tuple[str, ...]:
    """What can be asked of it by name; of an argument without a type only its callers know."""
    match kind:
        case Entity():
            return (*kind.table.c.keys(), *(link.name for link in kind.links))
        case Link():
            return tuple(kind.table.c.keys())
    return _FACTS if kind == VIEWER else ()
