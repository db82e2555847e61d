"""Scalars beyond GraphQL's own, each after the specification that it names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

URL = NewType("URL", str)
EmailAddress = NewType("EmailAddress", str)

SCALARS: Final[Mapping[object, ScalarDefinition]] = {
    URL: strawberry.scalar(
        name="URL",
        description="An absolute address on the web.",
        specified_by_url="https://url.spec.whatwg.org/",
    ),
    EmailAddress: strawberry.scalar(
        name="EmailAddress",
        description="An e-mail address.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc5322",
    ),
}
