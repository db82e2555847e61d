"""The four queries in terms of the gateway's schema, and the viewers that each is meaningful for.

Q1 is a page, Q2 a page of pages, Q3 is three levels deep, and Q4 is a single object. Targets apply to a query's first viewer; the
others are only reported.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.workload.viewers import ANONYMOUS, DIRECT, MANAGED, PARTNER
from resolvers.values.identifiers import Identifier

Q1: Final = """query Q1($first: Int!) {
  ports(first: $first) {
    edges {
      cursor
      node {
        id name speedMbps status createdAt
        monthlyRate { amount currency }
        location { id name metro country }
        company { id tradingName accountKind }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}"""
Q2: Final = """query Q2($first: Int!) {
  marketplaceProfiles(first: $first) {
    edges {
      node {
        id companyName bio website contactEmail
        company { id tradingName companyType }
        ports(first: 10) { edges { node { id name speedMbps location { id name metro country } } } }
      }
    }
  }
}"""
Q3: Final = """query Q3($first: Int!) {
  viewer {
    company {
      managedAccounts(first: $first) {
        edges {
          node {
            id
            company {
              id tradingName
              ports(first: 10) { edges { node { id name status location { name } monthlyRate { amount currency } } } }
              offers(first: 10) {
                edges { node { id name status totalValue { amount currency } buyers { id tradingName } } }
              }
            }
          }
        }
      }
    }
  }
}"""
Q4: Final = """query Q4($id: ID!) {
  node(id: $id) { id ... on MarketplacePort { name speedMbps location { name } } }
}"""
# A public Marketplace port without its own name. Any port will do, but always the same one.
SHOWN_PORT: Final = sa.text("""
    SELECT id FROM port
    WHERE visibility = 'PUBLIC' AND profile_visibility = 'PUBLIC' AND marketplace_name IS NULL
    AND company_id NOT IN (SELECT company_id FROM membership)
    ORDER BY md5(id::text) LIMIT 1
""")


@dataclass(frozen=True, slots=True)
class Query:
    """A query with its variables and the viewers it's meaningful for, the main one first."""

    name: str
    document: str
    variables: Mapping[str, Any]
    viewers: tuple[str, ...]

    def body(self, document: str | None = None, **variables: Any) -> str:
        """Return the request's content, with a server's own document or variables if it has them."""
        asked = {"query": document or self.document, "operationName": self.name, "variables": {**self.variables, **variables}}
        return json.dumps(asked)


async def queries(engine: AsyncEngine) -> dict[str, Query]:
    """Return the queries by name."""
    async with engine.connect() as connection:
        port = await connection.scalar(SHOWN_PORT)
    return {
        query.name: query
        for query in (
            Query("Q1", Q1, {"first": 100}, (PARTNER, MANAGED, DIRECT)),
            Query("Q2", Q2, {"first": 50}, (PARTNER, MANAGED, DIRECT, ANONYMOUS)),
            Query("Q3", Q3, {"first": 20}, (PARTNER,)),
            Query("Q4", Q4, {"id": str(Identifier("MarketplacePort", port))}, (PARTNER, MANAGED, DIRECT, ANONYMOUS)),
        )
    }
