"""Mutations of Marketplace profiles, including how their ports are announced.

Omitted fields don't change; null clears a field. All errors are returned at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from models import Company, MarketplaceProfile, Port, ProviderType, ServiceType
from models.marketplace_profile import ProfileVisibility
from models.slugs import PROFILE_SLUGS
from resolvers.values.identifiers import Identifier
from resolvers.values.messages import worded
from resolvers.writing.field_readers import FieldReader, address, assign, read_present, required_value, text
from resolvers.writing.input_reader import InputReader
from resolvers.writing.runner import ChangedIds
from resolvers.writing.slugs import follow_name
from resolvers.writing.unit_of_work import UnitOfWork, requires
from resolvers.writing.user_errors import ErrorCode

MAX_NAME_LENGTH: Final = 128  # characters
MAX_WORDS: Final = 200  # R016, A4
MAX_BIO_LENGTH: Final = 10_000
MAX_NETWORK_LENGTH: Final = 64
MAX_DESCRIPTION_LENGTH: Final = 1_000
MAX_LINKS: Final = 20
MAX_TYPES: Final = 50
MAX_PORTS: Final = 200
PROFILE_EXISTS: Final = "The company already has a profile. To edit it, pass the version that you last read."
NO_PROFILE: Final = "The company has no profile yet. Omit the version to create one."
TOO_MANY_WORDS: Final = "Must be {limit} words or fewer (got {count})."
UNMATCHED: Final = "Not part of a chosen provider type: {types}."


@requires(Company="save_marketplace_profile")
async def save_marketplace_profile(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Create or update a company's only profile (R026, R027, A1)."""
    company = await work.acting_company(fields, "save_marketplace_profile")
    profile = None if company is None else await work.scalar(_select_profile(company.id))
    values = _read_columns(fields, is_new=fields.value("version") is None if company is None else profile is None)
    values |= await _read_categories(work, fields, profile)
    if fields.has("logo_id"):
        values["logo_id"] = await read_logo(work, fields, company)
    ports = await _read_ports(work, fields, company)
    await _check_publication(work, fields, company, profile, values)
    if company is not None:
        _check_version(work, fields, profile)
    work.errors.raise_if_any()
    return await _save(work, profile or MarketplaceProfile(company_id=company.id), values, ports)


async def _save(
    work: UnitOfWork, profile: MarketplaceProfile, values: Mapping[str, Any], ports: Mapping[Port, Mapping[str, Any]]
) -> ChangedIds:
    """Store the values. A new name gives a new slug (A3)."""
    if "company_name" in values:
        await follow_name(work.session, PROFILE_SLUGS, profile, values["company_name"], profile.company_name)
    assign(profile, values)
    for port, announced in ports.items():
        assign(port, announced)
    await work.add(profile)
    return {"marketplace_profile": Identifier("MarketplaceProfile", profile.id)}


def _select_profile(company: UUID) -> sa.Select[Any]:
    """Select a company's profile, and lock it. The caller must have locked the company."""
    return sa.select(MarketplaceProfile).where(MarketplaceProfile.company_id == company).with_for_update()


def _check_version(work: UnitOfWork, fields: InputReader, profile: MarketplaceProfile | None) -> None:
    """Check the input's version against the profile's, or against its absence (A1)."""
    version = fields.value("version")
    if profile is not None and version is not None:
        work.check_and_bump_version(fields, profile)
    elif profile is not None:
        fields.add_error(ErrorCode.CONFLICT, PROFILE_EXISTS, "version")
    elif version is not None:
        fields.add_error(ErrorCode.CONFLICT, NO_PROFILE, "version")


def _read_columns(fields: InputReader, *, is_new: bool) -> dict[str, Any]:
    """Read the columns whose fields are present. A new profile requires a name and an email address (A10)."""
    missing = {name: READERS[name](fields, name) for name in REQUIRED if is_new and not fields.has(name)}
    return {**missing, **read_present(fields, READERS)}


def _read_name(fields: InputReader, name: str) -> str | None:
    company_name = fields.text(name, MAX_NAME_LENGTH)
    return company_name and " ".join(company_name.split())


def _read_bio(fields: InputReader, name: str) -> str | None:
    """Read text of at most 200 words, which are separated by white space (A4)."""
    bio = fields.text(name, MAX_BIO_LENGTH, required=False, lines=True)
    words = len((bio or "").split())
    if words > MAX_WORDS:
        fields.add_error(ErrorCode.TOO_LONG, worded(TOO_MANY_WORDS, limit=MAX_WORDS, count=words), name)
    return bio


def _read_social_links(fields: InputReader, name: str) -> list[dict[str, Any]]:
    links = fields.nested_list(name, MAX_LINKS)
    return [{"network": link.text("network", MAX_NETWORK_LENGTH), "url": link.url("url", required=True)} for link in links]


REQUIRED: Final = ("company_name", "contact_email")
READERS: Final[Mapping[str, FieldReader]] = {
    "company_name": _read_name,
    "visibility": required_value,
    "bio": _read_bio,
    "contact_email": lambda fields, name: fields.email(name, required=True),
    "website": InputReader.url,
    "phone": InputReader.phone,
    "social_links": _read_social_links,
    "headquarters": address,
}
PORT_READERS: Final[Mapping[str, FieldReader]] = {
    "name": text(MAX_NAME_LENGTH, required=False),
    "description": text(MAX_DESCRIPTION_LENGTH, required=False, lines=True),
}


async def _read_categories(work: UnitOfWork, fields: InputReader, profile: MarketplaceProfile | None) -> dict[str, Any]:
    """Read the provider types and service types. Each service type must belong to a chosen provider type (R021-R023)."""
    provider_types = set(await work.session.scalars(sa.select(ProviderType.code)))
    parents = {kind.code: kind.provider_type for kind in await work.session.scalars(sa.select(ServiceType))}
    values = {}
    for name, allowed in (("provider_types", provider_types), ("service_types", parents.keys())):
        if fields.has(name):
            values[name] = fields.enum_values(name, MAX_TYPES, allowed)
    chosen, services = (values.get(name, getattr(profile, name, [])) for name in ("provider_types", "service_types"))
    unmatched = [code for code in services if parents.get(code) not in chosen]
    if values and unmatched:
        fields.add_error(ErrorCode.INVALID_VALUE, worded(UNMATCHED, types=", ".join(unmatched)), "service_types")
    return values


async def _check_publication(
    work: UnitOfWork,
    fields: InputReader,
    company: Company | None,
    profile: MarketplaceProfile | None,
    values: Mapping[str, Any],
) -> None:
    """Check that a public profile has a provider type (A5), and that the viewer can publish it when it becomes public (A40)."""
    before = ProfileVisibility.PRIVATE if profile is None else profile.visibility
    if values.get("visibility", before) != ProfileVisibility.PUBLIC:
        return
    chosen = fields.value("provider_types") if fields.has("provider_types") else getattr(profile, "provider_types", ())
    if not chosen:
        fields.add_error(ErrorCode.REQUIRED, "Choose a provider type. A public profile needs at least one.", "provider_types")
    if company is not None and before != ProfileVisibility.PUBLIC:
        await work.check_allowed(fields, "visibility", "Company", company, "publish_marketplace_profile")


async def read_logo(work: UnitOfWork, fields: InputReader, company: Company | None) -> UUID | None:
    """Read the id of an image of the same company (R006)."""
    image = await work.lock_for_share(fields, "logo_id", "Image")
    if image is None:
        return None
    if company is not None and image.company_id != company.id:
        fields.add_error(ErrorCode.INVALID_VALUE, "This image belongs to another company.", "logo_id")
    key: UUID = image.id
    return key


async def _read_ports(work: UnitOfWork, fields: InputReader, company: Company | None) -> dict[Port, dict[str, Any]]:
    """Read how the company's ports are announced: without a name, as "<company> at <location>" (R032-R034)."""
    announcements: dict[Port, dict[str, Any]] = {}
    for item in fields.nested_list("ports", MAX_PORTS):
        port = await work.lock_for_update(item, "port_id", "Port", "read")
        values = {f"marketplace_{name}": value for name, value in read_present(item, PORT_READERS).items()}
        if port is not None and company is not None and port.company_id != company.id:
            item.add_error(ErrorCode.INVALID_VALUE, "This port belongs to another company.", "port_id")
        elif port in announcements:
            item.add_error(ErrorCode.INVALID_VALUE, "This port is listed more than once.", "port_id")
        elif port is not None:
            announcements[port] = values
    return announcements
