"""Bank account numbers: which ones are well formed. They are encrypted for storage, bound to their company (V31)."""

from __future__ import annotations

import re
from typing import Final

PURPOSE: Final = b"bank accounts"  # for which the key is derived
SEPARATORS: Final = re.compile(r"[ -]")
PLAIN: Final = re.compile(r"[A-Z0-9]{6,34}")
CHECKED: Final = 4  # characters of an IBAN before the account: its country and its check digits


def compact(text: str) -> str:
    """Return a number without separators, in capitals."""
    return SEPARATORS.sub("", text).upper()


def is_number_of(number: str, country: str) -> bool:
    """Return whether a compact number can be one of this country: an IBAN with correct digits where there are IBANs.

    A correct IBAN is only ever a number of its own country.
    """
    from stdnum import iban, numdb  # it takes long to import, and few requests need it

    if not PLAIN.fullmatch(number):
        return False
    (_, known), *_ = numdb.get("iban").info(country + "0" * CHECKED)
    return number.startswith(country) and iban.is_valid(number) if known else not iban.is_valid(number)
