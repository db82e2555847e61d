"""The large sample market in a separate database, created once, with enough ports for every measured viewer."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from commands.demo.filling import fill
from commands.demo.market import filled_table
from commands.demo.scales import DemoScale
from models.database import connect, upgrade
from models.embedded import Embedded

DIRECTORY: Final = Path(__file__).parents[1] / ".data" / "bench" / "postgres"
NAME: Final = "bench"
COLUMNS: Final = (
    "location_id, name, speed_mbps, term_months, status, visibility, monthly_rate, setup_fee, currency, cost_centre, created_at"
)
# Small companies get copies of other ports, so that every viewer's page is full.
MORE_PORTS: Final = sa.text(f"""
    INSERT INTO port (id, company_id, {COLUMNS})
    SELECT uuidv7(), :company, {COLUMNS} FROM port ORDER BY id
    LIMIT greatest(0, :rows - (SELECT count(*) FROM port WHERE company_id = :company OR partner_id = :company))
""")  # noqa: S608 (the columns are ours)
COMPANY: Final = sa.text("""
    SELECT m.company_id FROM membership m JOIN app_user u ON u.id = m.user_id WHERE u.email = :email ORDER BY m.id LIMIT 1
""")


async def prepare(postgres: Embedded, scale: str, emails: tuple[str, ...], rows: int, name: str = NAME) -> str:
    """Return the URL of the market, in which each user of `emails` can read more than `rows` ports."""
    url = await postgres.database(name)
    engine = connect(url)
    try:
        await upgrade(engine)
        if await filled_table(engine) is None:
            await fill(engine, DemoScale(scale))
        await _complete(engine, emails, rows)
    finally:
        await engine.dispose()
    return url


async def _complete(engine: AsyncEngine, emails: tuple[str, ...], rows: int) -> None:
    async with engine.connect() as connection:
        for email in emails:
            company = await connection.scalar(COMPANY, {"email": email})
            await connection.execute(MORE_PORTS, {"company": company, "rows": rows + 1})
        await connection.execute(sa.text("VACUUM (ANALYZE) port"))
