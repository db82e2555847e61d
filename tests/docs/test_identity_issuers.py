"""docs/api/identity-issuers.md states the limits and algorithms that the code has."""

from __future__ import annotations

import re
from typing import Final

from tests.docs.pages import ROOT
from transport.authentication import discovery, issuer_keys, issuers

PAGE: Final = " ".join((ROOT / "docs" / "api" / "identity-issuers.md").read_text("utf-8").split())
ALGORITHM: Final = re.compile(r"\b[A-Z]{2}\d{3}\b|\bEdDSA\b")


def test_algorithms_of_tokens_are_documented_V53() -> None:
    """Exactly those that the gateway accepts, and all of them are of public keys."""
    assert issuers.SIGNING == set(ALGORITHM.findall(PAGE))
    assert not any(each.startswith("HS") for each in issuers.SIGNING)
    assert f"at least {discovery.RSA_BITS.start:,} bits" in PAGE


def test_limits_of_fetches_are_documented_V53() -> None:
    """How often keys are fetched, how long they count, and how large and slow a response can be."""
    assert f"at most once in {issuer_keys.INTERVAL:.0f} seconds" in PAGE
    assert (60 * 60, True) == (issuer_keys.FRESH, "fetched again after an hour" in PAGE)
    assert (24 * 60 * 60, True) == (issuer_keys.STALE, "stay valid for a day" in PAGE)
    assert f"at most {discovery.MAX_BYTES // 1024} KiB, and both together take at most {discovery.TIMEOUT:.0f} seconds" in PAGE


def test_limits_of_tokens_are_documented_V53() -> None:
    """How fast an issuer's clock can be, and how old a token can be."""
    assert f"clock can be {issuers.LEEWAY.seconds} seconds fast" in PAGE
    assert (1, True) == (issuers.MAX_LIFETIME.days, "at most a day old" in PAGE)
