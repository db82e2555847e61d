"""A small market of our own to test the compiler with: ports, the dealings about them, and their fees, which are parts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from policies.entity import Catalogue, Entity, Link
from policies.policy import Policy

METADATA: Final = sa.MetaData()

PORT: Final = sa.Table(
    "sample_port",
    METADATA,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("company_id", sa.Uuid, nullable=False),
    sa.Column("partner_id", sa.Uuid),
    sa.Column("visibility", sa.Enum("PUBLIC", "PRIVATE", name="visibility", native_enum=False), nullable=False),
    sa.Column("name", sa.Text),
    sa.Column("market", sa.Text),
    sa.Column("speed", sa.Integer),
    sa.Column("floor", sa.Integer),
    sa.Column("active", sa.Boolean),
)
DEALING: Final = sa.Table(
    "sample_dealing",
    METADATA,
    sa.Column("port_id", sa.Uuid, nullable=False),
    sa.Column("buyer_id", sa.Uuid, nullable=False),
    sa.Column("partner_id", sa.Uuid),
    sa.Column("status", sa.Text),
    sa.Column("amount", sa.Integer),
)
FEE: Final = sa.Table("sample_fee", METADATA, sa.Column("id", sa.Uuid, primary_key=True), sa.Column("amount", sa.Integer))

DEALINGS: Final = Link("dealings", DEALING, local="id", remote="port_id")
CATALOGUE: Final = Catalogue(
    (
        Entity("Port", PORT, (DEALINGS,)),
        Entity("PublicPort", PORT),
        Entity("Fee", FEE, part_of="Port"),
    ),
    {"Port": ("order", "publish", "cancel")},
    ("see_prices", "quote", "use_chat"),
)
ENTITY: Final = CATALOGUE["Port"]


def written(directory: Path, text: str, file: str = "port.polar") -> Policy:
    """Load a policy of one file over the sample catalogue."""
    (directory / file).write_text(text, "utf-8")
    return Policy.load(directory, CATALOGUE)


def called(helpers: str, rules: str) -> str:
    """Those of the helper rules that the rules call, directly or through others: lint refuses the rest."""
    statements = [statement for statement in re.split(r"(?<=;)\n", helpers.strip()) if statement]
    kept: list[str] = []
    while found := [each for each in statements if each not in kept and _calls("\n".join([rules, *kept]), each)]:
        kept += found
    return "\n".join(each for each in statements if each in kept)


def _calls(text: str, helper: str) -> bool:
    return re.search(rf"\b{helper.split('(')[0]}\(", text) is not None
