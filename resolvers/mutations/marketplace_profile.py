"""What is done to Marketplace profiles: they are saved, with how their ports are announced.

What is left out of an input stays as it is, null clears it. All that is wrong is told at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from models import Company, MarketplaceProfile, Port, ProviderType, ServiceType
from models.company import VerificationStatus
from models.marketplace_profile import ProfileVisibility
from resolvers.mutations.profile_slugs import follow_name
from resolvers.values.identifiers import Identifier
from resolvers.writing.field_readers import Read, address, assign, given, text, word
from resolvers.writing.input_reader import InputReader
from resolvers.writing.runner import ChangedIds
from resolvers.writing.unit_of_work import UnitOfWork, requires
from resolvers.writing.user_errors import ErrorCode

MAX_NAME_LENGTH: Final = 128  # characters, as all lengths but that of the text
MAX_WORDS: Final = 200  # R016, A4
MAX_BIO_LENGTH: Final = 10_000
MAX_NETWORK_LENGTH: Final = 64
MAX_DESCRIPTION_LENGTH: Final = 1_000
MAX_LINKS: Final = 20
MAX_TYPES: Final = 50
MAX_PORTS: Final = 200
EXISTS: Final = "The company has a profile. State the version that was read to edit it."
NONE_YET: Final = "The company has no profile yet. Leave the version out to make one."
UNVERIFIED: Final = "The operator has not verified the company yet. Until then its profile is private."


@requires(Company="save_marketplace_profile")
async def save_marketplace_profile(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Make the profile of a company, which has one at most, or edit it (R026, R027, A1)."""
    company = await work.acting_company(fields, "save_marketplace_profile")
    profile = None if company is None else await work.scalar(_of(company.id))
    values = _given(fields, is_new=fields.value("version") is None if company is None else profile is None)
    values |= await _categories(work, fields, profile)
    if fields.has("logo_id"):
        values["logo_id"] = await _logo(work, fields, company)
    ports = await _ports(work, fields, company)
    _check_publication(fields, company, profile, values)
    if company is not None:
        _check_version(work, fields, profile)
    work.errors.raise_if_any()
    return await _save(work, profile or MarketplaceProfile(company_id=company.id), values, ports)


async def _save(
    work: UnitOfWork, profile: MarketplaceProfile, values: Mapping[str, Any], ports: Mapping[Port, Mapping[str, Any]]
) -> ChangedIds:
    """Store what was given. The slug follows the name (A3)."""
    if "company_name" in values:
        await follow_name(work.session, profile, values["company_name"])
    assign(profile, values)
    for port, announced in ports.items():
        assign(port, announced)
    await work.add(profile)
    return {"marketplace_profile": Identifier("MarketplaceProfile", profile.id)}


def _of(company: UUID) -> sa.Select[Any]:
    """The profile of a company, locked. Whoever makes or edits it has locked the company before."""
    return sa.select(MarketplaceProfile).where(MarketplaceProfile.company_id == company).with_for_update()


def _check_version(work: UnitOfWork, fields: InputReader, profile: MarketplaceProfile | None) -> None:
    """Hold the version that was read against what there is (A1)."""
    given = fields.value("version")
    if profile is not None and given is not None:
        work.check_and_bump_version(fields, profile)
    elif profile is not None:
        fields.add_error(ErrorCode.CONFLICT, EXISTS, "version")
    elif given is not None:
        fields.add_error(ErrorCode.CONFLICT, NONE_YET, "version")


def _given(fields: InputReader, *, is_new: bool) -> dict[str, Any]:
    """The values of columns that were given; a new profile has to have a name and an address (A10)."""
    missing = {name: READERS[name](fields, name) for name in REQUIRED if is_new and not fields.has(name)}
    return {**missing, **given(fields, READERS)}


def _name(fields: InputReader, name: str) -> str | None:
    given_name = fields.text(name, MAX_NAME_LENGTH)
    return given_name and " ".join(given_name.split())


def _bio(fields: InputReader, name: str) -> str | None:
    """A text of at most 200 words, which are runs of what is no white space (A4)."""
    written = fields.text(name, MAX_BIO_LENGTH, required=False, lines=True)
    words = len((written or "").split())
    if words > MAX_WORDS:
        fields.add_error(ErrorCode.TOO_LONG, f"This has {words} words; {MAX_WORDS} are the most.", name)
    return written


def _social_links(fields: InputReader, name: str) -> list[dict[str, Any]]:
    links = fields.nested_list(name, MAX_LINKS)
    return [{"network": link.text("network", MAX_NETWORK_LENGTH), "url": link.url("url", required=True)} for link in links]


REQUIRED: Final = ("company_name", "contact_email")
READERS: Final[Mapping[str, Read]] = {
    "company_name": _name,
    "visibility": word,
    "bio": _bio,
    "contact_email": lambda fields, name: fields.email(name, required=True),
    "website": InputReader.url,
    "phone": InputReader.phone,
    "social_links": _social_links,
    "headquarters": address,
}
ANNOUNCED: Final[Mapping[str, Read]] = {
    "name": text(MAX_NAME_LENGTH, required=False),
    "description": text(MAX_DESCRIPTION_LENGTH, required=False, lines=True),
}


async def _categories(work: UnitOfWork, fields: InputReader, profile: MarketplaceProfile | None) -> dict[str, Any]:
    """The provider types and service types that are given, which have to fit each other and what stays as it is (R021-R023)."""
    kinds = set(await work.session.scalars(sa.select(ProviderType.code)))
    parents = {kind.code: kind.provider_type for kind in await work.session.scalars(sa.select(ServiceType))}
    values = {}
    for name, allowed in (("provider_types", kinds), ("service_types", parents.keys())):
        if fields.has(name):
            values[name] = fields.enum_values(name, MAX_TYPES, allowed)
    chosen, services = (values.get(name, getattr(profile, name, [])) for name in ("provider_types", "service_types"))
    apart = [code for code in services if parents.get(code) not in chosen]
    if values and apart:
        fields.add_error(ErrorCode.INVALID_VALUE, f"No chosen provider type has these: {', '.join(apart)}.", "service_types")
    return values


def _check_publication(
    fields: InputReader, company: Company | None, profile: MarketplaceProfile | None, values: Mapping[str, Any]
) -> None:
    """Only with a category is a profile public (A5), and only a verified company makes it so (A40)."""
    before = ProfileVisibility.PRIVATE if profile is None else profile.visibility
    if values.get("visibility", before) != ProfileVisibility.PUBLIC:
        return
    chosen = fields.value("provider_types") if fields.has("provider_types") else getattr(profile, "provider_types", ())
    if not chosen:
        fields.add_error(ErrorCode.REQUIRED, "A public profile has a provider type.", "provider_types")
    if (
        company is not None
        and before != ProfileVisibility.PUBLIC
        and company.verification_status != VerificationStatus.VERIFIED
    ):
        fields.add_error(ErrorCode.COMPANY_NOT_VERIFIED, UNVERIFIED, "visibility")


async def _logo(work: UnitOfWork, fields: InputReader, company: Company | None) -> UUID | None:
    """An image of the same company (R006)."""
    image = await work.lock_for_share(fields, "logo_id", "Image")
    if image is None:
        return None
    if company is not None and image.company_id != company.id:
        fields.add_error(ErrorCode.INVALID_VALUE, "This image is another company's.", "logo_id")
    key: UUID = image.id
    return key


async def _ports(work: UnitOfWork, fields: InputReader, company: Company | None) -> dict[Port, dict[str, Any]]:
    """How ports of the company are announced from now on: without a name of its own as "<company> at <location>" (R032-R034)."""
    found: dict[Port, dict[str, Any]] = {}
    for item in fields.nested_list("ports", MAX_PORTS):
        port = await work.lock_for_update(item, "port_id", "Port", "read")
        values = {f"marketplace_{name}": value for name, value in given(item, ANNOUNCED).items()}
        if port is not None and company is not None and port.company_id != company.id:
            item.add_error(ErrorCode.INVALID_VALUE, "This port is another company's.", "port_id")
        elif port in found:
            item.add_error(ErrorCode.INVALID_VALUE, "This port was named before.", "port_id")
        elif port is not None:
            found[port] = values
    return found
