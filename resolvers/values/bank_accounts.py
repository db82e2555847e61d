"""Bank account numbers: which ones are well formed, and how they are encrypted for storage (V31).

A number is encrypted with AES-256-GCM and bound to its company, so it can't be moved to another row. The key is derived from the
signing keys: the first one encrypts. `crossgate key rotate` never removes a key that numbers are encrypted with.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PURPOSE: Final = b"bank accounts"  # for which the key is derived
NONCE_BYTES: Final = 12
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


def encrypt(number: str, company: UUID, secrets: Sequence[bytes]) -> bytes:
    """Encrypt a company's number with the first secret."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(secrets[0]).encrypt(nonce, number.encode(), company.bytes)
