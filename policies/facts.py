"""The viewer as rules see it: one flat object with the facts of its shape, its parameters and its sets.

For the concrete verdict everything is known. For compilation the shape is known and the rest is opaque: it can be compared
with what is stored, and with nothing else. Absent facts are `Null`, which equals nothing but `nil`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn, final

from policies.errors import PolicyError
from policies.viewer import PARAMETERS, SETS, SHAPE, Shape, Viewer


@final
class Null:
    """NULL, of a row or of the viewer: it is `nil`, and unequal to every value and to every other Null."""

    __slots__ = ()
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        """Equal to `nil` alone."""
        return other is None

    def __ne__(self, other: object) -> bool:
        """The exact negation."""
        return other is not None

    def __lt__(self, _other: object) -> bool:
        """Neither before nor after anything."""
        return False

    __le__ = __gt__ = __ge__ = __lt__


class Opaque:
    """A value of the viewer that is not known at compile time: whatever would decide by it is refused."""

    __slots__ = ("name",)
    __hash__ = object.__hash__

    def __init__(self, name: str) -> None:
        """Stand for the viewer's attribute of that name."""
        self.name = name

    def _undecided(self, other: object) -> NoReturn:
        raise PolicyError(
            f"viewer.{self.name} is compared with {other!r}, but it may only be compared with what is stored: "
            "compare it with a column, or branch on a fact of the viewer's shape"
        )

    def __repr__(self) -> str:
        """As rules write it."""
        return f"viewer.{self.name}"

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _undecided


class OpaqueElement(Opaque):
    """Whichever element of a set of the viewer equals what it is compared with."""

    __slots__ = ()


class OpaqueSet(Opaque):
    """A set of the viewer. Each `in` gets an element of its own."""

    __slots__ = ()

    def __iter__(self) -> Iterator[OpaqueElement]:
        """Yield the one element that stands for all of them."""
        yield OpaqueElement(self.name)


class Facts:
    """What Polar knows as `Viewer`. It notes which facts of the shape were read, for these alone decided."""

    def __init__(self, values: dict[str, Any]) -> None:
        """Hold the facts by their names."""
        self._values = values
        self.read: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        """Return a fact; a name that no viewer has is an error, even below `not`, where Polar would take it for a no."""
        if name not in self._values:
            raise PolicyError(f"a viewer has no attribute {name}; it has {', '.join(self._values)}")
        self.read.add(name)
        return self._values[name]


def concrete(viewer: Viewer) -> Facts:
    """Everything is known."""
    scalars = {name: presented(getattr(viewer, name)) for name in PARAMETERS}
    return Facts(_shape(viewer.shape) | scalars | {name: sorted(getattr(viewer, name)) for name in SETS})


def symbolic(shape: Shape) -> Facts:
    """Only the shape is known."""
    scalars: dict[str, Any] = {name: Opaque(name) for name in PARAMETERS}
    return Facts(_shape(shape) | scalars | {name: OpaqueSet(name) for name in SETS})


def presented(value: Any) -> Any:
    """A value as rules see it."""
    return Null() if value is None else value


def _shape(shape: Shape) -> dict[str, Any]:
    values = {name: getattr(shape, name) for name in SHAPE}
    return {name: list(value) if isinstance(value, tuple) else presented(value) for name, value in values.items()}
