"""Kinds of sensitive data, and the column types that declare them.

A model declares a column's kind by its type: `monthly_rate: Mapped[Amount]`. `policies/kinds.polar` says who can't see each kind.
Every field, filter, sort order, document and mail that shows such a column has to follow that policy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Final

import sqlalchemy as sa
from sqlalchemy.orm import mapped_column

from described_enum import DescribedEnum


class Kind(DescribedEnum):
    """What makes a value sensitive."""

    PRICE = "PRICE", "An amount of money."
    EMAIL = "EMAIL", "An email address of a company."
    PERSONAL_EMAIL = "PERSONAL_EMAIL", "An email address of a person."
    PHONE = "PHONE", "A telephone number."
    BANK_ACCOUNT = "BANK_ACCOUNT", "The number of a bank account."
    SECRET = "SECRET", "A secret, such as the hash of a password."


_KEY: Final = "kind"

Amount = Annotated[int, mapped_column(info={_KEY: Kind.PRICE})]
"""Money in minor units of the row's currency."""
BigAmount = Annotated[int, mapped_column(sa.BigInteger(), info={_KEY: Kind.PRICE})]
"""Money in minor units, where 2^31 may be too small."""
Email = Annotated[str, mapped_column(info={_KEY: Kind.EMAIL})]
"""The email address of a company or of a role in it."""
PersonalEmail = Annotated[str, mapped_column(info={_KEY: Kind.PERSONAL_EMAIL})]
"""The email address that a person signs in with."""
Phone = Annotated[str, mapped_column(info={_KEY: Kind.PHONE})]
"""A phone number."""
BankAccount = Annotated[bytes, mapped_column(info={_KEY: Kind.BANK_ACCOUNT})]
"""An encrypted bank account number."""
Secret = Annotated[str, mapped_column(info={_KEY: Kind.SECRET})]
"""A token, password or key, or its hash."""
EncryptedSecret = Annotated[bytes, mapped_column(info={_KEY: Kind.SECRET})]
"""An encrypted token or key."""

NAME_HINTS: Final[Mapping[Kind, frozenset[str]]] = {
    Kind.PRICE: frozenset(
        [
            "amount",
            "balance",
            "budget",
            "charge",
            "cost",
            "discount",
            "fee",
            "payment",
            "payout",
            "price",
            "rate",
            "revenue",
            "spend",
            "surcharge",
            "tax",
            "total",
            "value",
        ]
    ),
    Kind.EMAIL: frozenset(("email", "emails", "mail")),
    Kind.PHONE: frozenset(("fax", "mobile", "phone", "telephone")),
    Kind.BANK_ACCOUNT: frozenset(("bic", "iban", "swift")),
    Kind.SECRET: frozenset(("password", "secret", "token")),
}
"""Words in a field's or column's name that suggest a kind."""
NOT_MONEY_HINTS: Final = frozenset(("count", "days", "limit", "mbps", "months"))
"""Words in a number's name that rule out money: `rate_limit_mbps`."""


def kinds_of(column: sa.ColumnElement[object]) -> frozenset[Kind]:
    """Return the kinds of a column: its own, and those of the columns it's computed from."""
    if not isinstance(column, sa.Column):
        return frozenset()
    kinds = {column.info[_KEY]} if _KEY in column.info else set()
    if column.computed is not None:
        words = set(re.findall(r"\w+", str(column.computed.sqltext)))
        kinds |= {kind for other in column.table.c if other.name in words and other is not column for kind in kinds_of(other)}
    return frozenset(kinds)


def suggested_kinds(name: str, *, is_number: bool) -> frozenset[Kind]:
    """Return the kinds that a snake-case name suggests. Only a number can be money."""
    words = set(name.split("_"))
    kinds = {kind for kind, hints in NAME_HINTS.items() if words & hints and (kind is not Kind.PRICE or is_number)}
    return frozenset() if is_number and words & NOT_MONEY_HINTS else frozenset(kinds)


def undeclared_columns(metadata: sa.MetaData) -> Iterator[str]:
    """Yield a message for each column whose name and type suggest a kind that its model doesn't declare."""
    for table in metadata.sorted_tables:
        for column in table.c:
            is_number = isinstance(column.type, sa.Integer | sa.Numeric)
            if not is_number and not isinstance(column.type, sa.String | sa.LargeBinary):
                continue
            missing = suggested_kinds(column.name, is_number=is_number)
            if missing and not kinds_of(column):
                names = " or ".join(sorted(missing))
                yield f"{table.name}.{column.name} looks like {names}: declare it with a type from models/kinds.py"
