"""Revisions of products in every review status. The published one says what its product says."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from commands.demo.world import OPEN_UNTIL, Row, World
from models.product import LISTING, ON_SALE, ProductVisibility
from models.product_revision import RevisionStatus

BETWEEN: Final = timedelta(days=40)  # two revisions
SUBMITTED: Final = timedelta(days=2)
APPROVED: Final = timedelta(days=5)
PUBLISHED: Final = timedelta(days=9)
COMING: Final = (  # after a published revision; None means no change in progress
    None,
    None,
    RevisionStatus.DRAFT,
    RevisionStatus.SUBMITTED,
    RevisionStatus.APPROVED,
    RevisionStatus.REJECTED,
)
OVER: Final = {RevisionStatus.PUBLISHED, RevisionStatus.SUPERSEDED}
PASSED: Final = {RevisionStatus.APPROVED, *OVER}


def add_revisions(world: World, chance: Random) -> None:
    """Add the revisions of all products, in order of their creation."""
    plans = [plan for product in world.rows["product"] for plan in _plans(chance, product)]
    for plan in sorted(plans, key=lambda plan: plan["created_at"]):
        world.add("product_revision", at=plan["created_at"], **plan)


def _plans(chance: Random, product: Row) -> list[dict[str, Any]]:
    """Return a product's revisions: superseded ones, the published one, and one in progress."""
    history = [RevisionStatus.SUPERSEDED] * chance.randint(0, 2) + [RevisionStatus.PUBLISHED] if product["published_at"] else []
    statuses = [*history, *_coming(chance, product)]
    return [_revision(product, number, status, len(statuses)) for number, status in enumerate(statuses, start=1)]


def _coming(chance: Random, product: Row) -> list[RevisionStatus]:
    """Return the status of the revision in progress, if there is one. An unpublished product has one."""
    if not product["published_at"]:
        return [_settled(product, chance.choice([status for status in COMING if status]))]
    coming = chance.choice(COMING)
    return [_settled(product, coming)] if coming and product["visibility"] in ON_SALE else []


def _settled(product: Row, status: RevisionStatus) -> RevisionStatus:
    """Return a status that lasts: the machine decides about LIMITED products at once, and they are published when it approves."""
    waits = status in {RevisionStatus.SUBMITTED, RevisionStatus.APPROVED}
    return RevisionStatus.DRAFT if waits and product["visibility"] == ProductVisibility.LIMITED else status


def _revision(product: Row, number: int, status: RevisionStatus, last: int) -> dict[str, Any]:
    created: datetime = product["created_at"] + BETWEEN * (number - 1)
    shown = status == RevisionStatus.PUBLISHED or not product["published_at"]
    kept = product["visibility"] if product["visibility"] in ON_SALE else ProductVisibility.PUBLIC
    return {
        "company_id": product["company_id"],
        "product_id": product["id"],
        "draft_of_id": product["id"] if number == last and status not in OVER else None,
        "number": number,
        "status": status,
        "visibility": kept,
        "auto_publish": False,
        **{name: product[name] for name in LISTING},
        "title": product["title"] if shown else f"{product['title']} {number}",
        "slug": None,
        "version": number,
        "created_at": created,
        "submitted_at": None if status == RevisionStatus.DRAFT else created + SUBMITTED,
        "approved_at": created + APPROVED if status in PASSED else None,
        "publish_by": OPEN_UNTIL if status in PASSED else None,
        "published_at": created + PUBLISHED if status in OVER else None,
    }
