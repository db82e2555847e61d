"""A small market to test the compiler with: ports, dealings about them, and their fees, which are parts."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import sqlalchemy as sa

from policies.entity import Catalogue, Entity, Link
from policies.evaluation.policy import Policy

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
    """Write a policy of one file and load it with the sample catalogue."""
    (directory / file).write_text(text, "utf-8")
    return Policy.load(directory, CATALOGUE)
