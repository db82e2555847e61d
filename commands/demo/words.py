"""The words that names and texts are built from. Any likeness to real companies or people is accidental."""

from __future__ import annotations

import re
import unicodedata
from random import Random
from typing import Final

from choices import CompanyType


def _words(words: str) -> list[str]:
    return words.split()


INVENTED: Final = "Companies, people, names and prices of the sample data are invented."
OPENINGS: Final = _words(
    "Alder Bramble Cedar Dapple Elder Fallow Gorse Hazel Iron Juniper Kestrel Larch Marsh Nettle Osier Pebble Quill Rowan Sable"
    " Thistle Umber Vetch Willow Yarrow"
)
ENDINGS: Final = _words("barrow brook crest dale fell gate holt mere moor ridge stead thorpe wick")
STEMS: Final = [opening + ending for opening in OPENINGS for ending in ENDINGS]
TRADES: Final = {
    CompanyType.ENTERPRISE: ("Foods", "Logistics", "Media", "Retail", "Energy", "Insurance"),
    CompanyType.CLOUD: ("Cloud", "Compute", "Hosting"),
    CompanyType.DATA_CENTER: ("Data Halls", "Colocation", "Campus"),
    CompanyType.INTERNET_EXCHANGE: ("Exchange", "Peering"),
    CompanyType.SERVICE_PROVIDER: ("Networks", "Carrier", "Telecom", "Connect"),
    CompanyType.XAAS: ("Voice", "Security", "Analytics", "Backup"),
}
LEGAL_FORMS: Final = {"US": "Inc.", "GB": "Ltd", "DE": "GmbH", "FR": "SAS", "NL": "B.V.", "AU": "Pty Ltd", "JP": "K.K."}
GIVEN_NAMES: Final = _words(
    "Ada Bea Cato Dara Eno Fleur Gus Hana Ilse Jun Kaia Leif Mina Noor Otto Pia Quin Rosa Sten Tove Uma Vera Wim Xenia Yuki Zoe"
)
FAMILY_NAMES: Final = _words(
    "Amberley Birkwood Coldwell Dunmore Eastbrook Farrowgate Greenholm Hartmoor Inglesea Kirkdale Lindqvale Marlowe Northbeck"
    " Oakhurst Penhallow Ravensby Silverlea Tanfield Underhill Westerdale"
)
JOBS: Final = ("Network Engineer", "Head of Infrastructure", "Buyer", "Finance Manager", "Product Manager", "Architect", None)
FREE_PHONES: Final = {  # numbers reserved for fiction, by country: prefix and number of further digits
    "GB": ("+44 20 7946 0", 3),
    "AU": ("+61 2 5550 ", 4),
    "US": ("+1 202 555 01", 2),
}
SENTENCES: Final = (
    "We connect offices, clouds and data centres over private routes.",
    "Two diverse zones in every building keep a single cut from being an outage.",
    "Ports are delivered within days, and speeds are what the order says.",
    "Our engineers answer at any hour, in the language of the market.",
    "Peering, transit and cloud on-ramps are reached over one port.",
    "We publish our maintenance calendar a month ahead.",
    "Migration, assessment and training are offered with the network.",
    "Customers begin with one gigabit and grow without a new cross-connect.",
)


def slug(name: str) -> str:
    """Return a name for use in a URL: lower-case ASCII with hyphens (A3)."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def bio(chance: Random, name: str) -> str:
    """Return a profile text of fewer than 200 words (R016)."""
    sentences = " ".join(chance.sample(SENTENCES, chance.randint(2, len(SENTENCES))))
    return f"{name} is part of a sample market. {sentences} Name and services are invented."


def phone(chance: Random, country: str) -> str:
    """Return a fictional phone number."""
    start, digits = FREE_PHONES.get(country, FREE_PHONES["US"])
    return start + "".join(str(chance.randrange(10)) for _ in range(digits))


def address(chance: Random, city: str, country: str) -> dict[str, str]:
    """Return a fictional postal address."""
    return {
        "street": f"{chance.randint(1, 240)} Example Street",
        "city": city,
        "postal_code": f"EX {chance.randint(100, 999)}",
        "country": country,
    }
