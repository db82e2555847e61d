"""The viewer as rules see it: one flat object with the facts of its shape, its parameters and its sets.

For Oso's concrete verdict, everything is known. For compilation, only the shape is known. Everything else is opaque: it can be
compared with stored values only. Absent facts are `Null`, which equals nothing but `nil`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn, final

from policies.errors import PolicyError
from policies.viewer import PARAMETERS, SETS, SHAPE, Shape, Viewer


@final
class Null:
    """A NULL of a row or of the viewer. It equals `nil` and differs from every value, even from another Null."""

    __slots__ = ()
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        """Return True only for `nil`."""
        return other is None

    def __ne__(self, other: object) -> bool:
        """Return the exact negation of `==`."""
        return other is not None

    def __lt__(self, _other: object) -> bool:
        """Return False: NULL has no order."""
        return False

    __le__ = __gt__ = __ge__ = __lt__


class Opaque:
    """A viewer value that's unknown at compile time. Any attempt to decide by it raises PolicyError."""

    __slots__ = ("name",)
    __hash__ = object.__hash__

    def __init__(self, name: str) -> None:
        """Represent the viewer's attribute of this name."""
        self.name = name

    def _undecided(self, other: object) -> NoReturn:
        raise PolicyError(
            f"viewer.{self.name} is compared with {other!r}, but it can only be compared with stored values. "
            "Compare it with a column, or branch on a fact of the viewer's shape."
        )

    def __repr__(self) -> str:
        """Format the value as rules write it."""
        return f"viewer.{self.name}"

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _undecided


class OpaqueElement(Opaque):
    """The element of a viewer set that equals whatever it's compared with."""

    __slots__ = ()


class OpaqueSet(Opaque):
    """A viewer set. Each `in` gets its own element."""

    __slots__ = ()

    def __iter__(self) -> Iterator[OpaqueElement]:
        """Yield one element that represents all of them."""
        yield OpaqueElement(self.name)


class Facts:
    """The `Viewer` of Polar rules. It records which facts were read: only those can affect the result."""

    def __init__(self, values: dict[str, Any]) -> None:
        """Store the facts by name."""
        self._values = values
        self.facts_read: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        """Return a fact. An unknown name raises PolicyError even under `not`, where Polar would otherwise treat it as false."""
        if name not in self._values:
            raise PolicyError(f"A viewer has no attribute {name}. Its attributes: {', '.join(self._values)}.")
        self.facts_read.add(name)
        return self._values[name]


def concrete_facts(viewer: Viewer) -> Facts:
    """Return the facts of a viewer, all of them known."""
    scalars = {name: as_polar_value(getattr(viewer, name)) for name in PARAMETERS}
    return Facts(_shape(viewer.shape) | scalars | {name: sorted(getattr(viewer, name)) for name in SETS})


def symbolic_facts(shape: Shape) -> Facts:
    """Return the facts of a shape. Parameters and sets are opaque."""
    scalars: dict[str, Any] = {name: Opaque(name) for name in PARAMETERS}
    return Facts(_shape(shape) | scalars | {name: OpaqueSet(name) for name in SETS})


def as_polar_value(value: Any) -> Any:
    """Return a value as rules see it: None as Null."""
    return Null() if value is None else value


def _shape(shape: Shape) -> dict[str, Any]:
    values = {name: getattr(shape, name) for name in SHAPE}
    return {name: list(value) if isinstance(value, tuple) else as_polar_value(value) for name, value in values.items()}
