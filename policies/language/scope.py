"""What lint knows about a rule's variables: which is the viewer, a row or a linked row, and which attributes each has."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final, Literal, TypeAlias

from policies.entity import Catalogue, Entity, Link
from policies.errors import PolicyError
from policies.language.source import Rule
from policies.language.syntax import Constant, Path
from policies.suggestions import hint
from policies.viewer import PARAMETERS, SETS, SHAPE, Shape

VIEWER: Final = "viewer"
DATA: Final = "data"  # a literal, or a value of a column
UNKNOWN: Final = "unknown"  # an untyped argument of a helper rule; its callers decide
Type: TypeAlias = Literal["viewer", "data", "unknown"] | Entity | Link

_DEFAULTS: Final = {field.name: field.default for field in fields(Shape)}
_FLAGS: Final = frozenset(name for name, default in _DEFAULTS.items() if isinstance(default, bool))
_MANY: Final = frozenset(name for name, default in _DEFAULTS.items() if isinstance(default, tuple)) | set(SETS)
_FACTS: Final = (*SHAPE, *PARAMETERS, *SETS)


@dataclass
class Scope:
    """The bound variables and their types."""

    types: dict[str, Type]

    @classmethod
    def of(cls, rule: Rule, catalogue: Catalogue) -> Scope:
        """Create the scope of a rule's head from its arguments."""
        types: dict[str, Type] = {}
        for argument in rule.arguments:
            if argument.name not in (None, "_"):  # each `_` is a separate variable
                types[str(argument.name)] = _type(argument.type, catalogue)
        return cls(types)

    def copy(self) -> Scope:
        """Return a copy. Variables bound in the copy aren't bound here."""
        return Scope(dict(self.types))

    def check_value(self, path: Path) -> None:
        """Raise PolicyError unless the path is a single value that can be compared."""
        kind = self._kind(path)
        if path.attribute is None:
            if kind not in (DATA, UNKNOWN):
                raise PolicyError(f"{path.place}: `{path.variable}` isn't a value. Compare one of its attributes.")
        elif (kind == VIEWER and path.attribute in _MANY) or (isinstance(kind, Entity) and kind.link(path.attribute)):
            raise PolicyError(f"{path.place}: {path.variable}.{path.attribute} has several values. Use `in`.")

    def check_many(self, path: Path) -> Type:
        """Return the type of the path's elements. Raises PolicyError unless it has several values."""
        kind = self._kind(path)
        if kind == VIEWER and path.attribute in _MANY:
            return DATA
        link = kind.link(path.attribute) if isinstance(kind, Entity) and path.attribute is not None else None
        if link is None:
            raise PolicyError(f"{path.place}: `in` needs a list, a link, or a viewer fact with several values on its right.")
        return link

    def check_flag(self, path: Path) -> None:
        """Raise PolicyError unless the goal is true or false. A column may be NULL, which Oso treats as an error."""
        if self._kind(path) != VIEWER or path.attribute not in _FLAGS:
            raise PolicyError(f"{path.place}: This isn't a condition. Compare it, for example with `= true`.")

    def check_argument(self, term: Constant | Path) -> Type:
        """Return the type of an argument that a rule is called with."""
        if isinstance(term, Constant):
            return DATA
        kind = self._kind(term)
        if term.attribute is not None:
            self.check_value(term)
            return DATA
        return kind

    def is_open(self, term: Constant | Path) -> bool:
        """Return True if a value is unknown at compile time: a column, or an argument of a helper rule."""
        if isinstance(term, Constant) or term.variable not in self.types:
            return False
        kind = self.types[term.variable]
        return kind == UNKNOWN or (term.attribute is not None and isinstance(kind, Entity | Link))

    def _kind(self, path: Path) -> Type:
        """Return the type of the variable. Raises PolicyError if it's unbound or lacks the attribute."""
        if path.variable not in self.types:
            raise PolicyError(
                f"{path.place}: {path.variable} is a free variable. Add it to the head, or bind it first with `{path.variable} in …`."
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
    """Return the attribute names of a type. Those of an untyped argument are known only to its callers."""
    match kind:
        case Entity():
            return (*kind.table.c.keys(), *(link.name for link in kind.links))
        case Link():
            return tuple(kind.table.c.keys())
    return _FACTS if kind == VIEWER else ()
