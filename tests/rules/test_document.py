"""Certificates of registration: checked by content, owned by who uploaded them until they're used, and read by few."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models import Document
from models.document import MAX_BYTES, DocumentPurpose
from resolvers.document import purge_unused_documents
from resolvers.endpoints.uploads import MAX_UNUSED_DOCUMENTS
from tests.client import Client
from tests.factory import Company, Factory
from tests.pictures import certificate, claiming, picture, upload
from tests.rules.answers import payload, redaction_at, response_of
from tests.rules.mutations import send, user_error

READ = "query ($id: ID!) { company(id: $id) { registrationCertificate { url mediaType bytes } } }"
MAX_UNUSED = MAX_UNUSED_DOCUMENTS[DocumentPurpose.CERTIFICATE]
ROLES = ["ACCOUNT_ADMIN", "NETWORK_ADMIN", "MARKETPLACE_EDITOR", "FINANCE", "VIEWER"]
PDF = certificate()
BROKEN = {
    "empty": b"",
    "text": b"This is to certify",
    "another format": picture("GIF"),
    "a PDF in name only": b"%PDF-1.7\nThis is to certify\n%%EOF",
    "a truncated PDF": PDF[: len(PDF) // 2],
    "a PDF without its end": PDF[:-30],
    "an encrypted PDF": certificate(password="secret"),
    "a PDF that opens without its password": certificate(password=""),
    "too many pages": certificate(101),
    "a truncated PNG": picture("PNG")[:300],
    "a page": b"<!doctype html><script>alert(1)</script>",
}


async def certify(client: Client, email: str, content: bytes = PDF, company: str | None = None, **more: Any) -> httpx.Response:
    """Upload a certificate."""
    return await upload(client, email, content, company, purpose="CERTIFICATE", **more)


async def submitted(client: Client, company: Company, content: bytes = PDF) -> httpx.Response:
    """Submit a company with a certificate, and return the response to the upload."""
    uploaded = await certify(client, company.admin, content)
    answer = await send(client, company.admin, "submitVerification", "company { id }", certificateId=uploaded.json()["id"])
    assert [] == answer["userErrors"]
    return uploaded


async def fetch(client: Client, email: str, url: str) -> httpx.Response:
    """Fetch a file as a user."""
    headers = {"Authorization": f"Bearer {await client._token(email)}"}
    return await client.http.get(urlsplit(url).path, headers=headers)


async def keys(engine: AsyncEngine) -> list[Any]:
    """Return the keys of all documents, oldest first."""
    async with engine.connect() as connection:
        return list((await connection.execute(sa.select(Document.id).order_by(Document.id))).scalars())


@pytest.mark.parametrize(
    ("content", "media_type", "extension"),
    [(PDF, "application/pdf", "pdf"), (picture("PNG"), "image/png", "png"), (picture("JPEG"), "image/jpeg", "jpg")],
    ids=["PDF", "PNG", "JPEG"],
)
async def test_certificate_is_stored_and_served_as_a_download_V46_V71(
    client: Client, factory: Factory, content: bytes, media_type: str, extension: str
) -> None:
    """The content decides its type, whatever the header says. Browsers download it and don't guess another type."""
    company = await factory.company(verification_status="UNVERIFIED")

    uploaded = await certify(client, company.admin, content, media_type="text/html")
    served = await fetch(client, company.admin, uploaded.headers["Location"])

    assert (201, media_type) == (uploaded.status_code, uploaded.json()["mediaType"])
    assert (200, media_type, len(served.content)) == (
        served.status_code,
        served.headers["Content-Type"],
        uploaded.json()["bytes"],
    )
    assert f'attachment; filename="certificate.{extension}"' == served.headers["Content-Disposition"]
    assert "nosniff" == served.headers["X-Content-Type-Options"]
    assert "default-src 'none'; sandbox" == served.headers["Content-Security-Policy"]


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
async def test_what_is_no_certificate_is_refused_V46(
    client: Client, factory: Factory, rules_engine: AsyncEngine, content: bytes
) -> None:
    """Broken, encrypted and other files are refused by their content, and nothing is stored."""
    company = await factory.company(verification_status="UNVERIFIED")

    response = await certify(client, company.admin, content, media_type="application/pdf")

    assert (415, "UNSUPPORTED_DOCUMENT") == (response.status_code, response.json()["errors"][0]["extensions"]["code"])
    assert [] == await keys(rules_engine)


async def test_each_purpose_has_its_limits_V46_V71(client: Client, factory: Factory) -> None:
    """A certificate has at most 10 MiB and is a PDF or an image; a logo keeps its own limits. Purposes are known ones."""
    company = await factory.company()

    async def outcome(content: bytes, purpose: str) -> tuple[int, str]:
        response = await upload(client, company.admin, content, purpose=purpose)
        return response.status_code, response.json()["errors"][0]["extensions"]["code"]

    assert (413, "PAYLOAD_TOO_LARGE") == await outcome(bytes(MAX_BYTES + 1), "CERTIFICATE")
    assert (415, "UNSUPPORTED_DOCUMENT") == await outcome(bytes(MAX_BYTES), "CERTIFICATE")
    assert (422, "IMAGE_TOO_LARGE") == await outcome(claiming(7201, 1), "CERTIFICATE")
    assert (413, "PAYLOAD_TOO_LARGE") == await outcome(bytes(MAX_BYTES), "LOGO")
    assert (415, "UNSUPPORTED_IMAGE") == await outcome(PDF, "LOGO")
    assert (400, "BAD_REQUEST") == await outcome(PDF, "certificate")


async def test_certificate_is_used_by_who_owns_it_V64_V73(client: Client, factory: Factory) -> None:
    """Nobody else finds an upload before it's used: not a colleague, not the operator. A partner's is for one account only."""
    operator, company = await factory.operator(), await factory.company(verification_status="UNVERIFIED")
    colleague, new = await factory.user(company), {"verification_status": "UNVERIFIED"}
    partner = await factory.partner()
    first, second = [(await factory.managed_account(partner, company=new)).company for _ in range(2)]
    own, for_first = (
        (await certify(client, company.admin)).json(),
        (await certify(client, partner.admin, company=first.id)).json(),
    )
    wanted = "company { verificationStatus }"

    served = [(await fetch(client, each, own["url"])).status_code for each in (company.admin, colleague.email, operator.admin)]
    stolen = await send(client, colleague.email, "submitVerification", wanted, certificateId=own["id"])
    misplaced = await send(
        client, partner.admin, "submitVerification", wanted, companyId=second.id, certificateId=for_first["id"]
    )
    used = await send(client, partner.admin, "submitVerification", wanted, companyId=first.id, certificateId=for_first["id"])

    assert [200, 404, 404] == served
    assert [user_error("NOT_FOUND", "certificateId")] == stolen["userErrors"]
    assert [user_error("INVALID_VALUE", "certificateId")] == misplaced["userErrors"]
    assert {"company": {"verificationStatus": "PENDING"}, "userErrors": []} == used


async def test_who_cannot_submit_uploads_for_no_company_V64_V71_V73(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """A company's certificate is uploaded by who can submit it. A hidden company looks absent."""
    account, other = await factory.managed_account(await factory.partner()), await factory.company()
    network = await factory.user(other, "NETWORK_ADMIN")

    refused = [
        (await certify(client, email, company=company)).status_code
        for email, company in (
            (account.admin, account.company.id),
            (network.email, other.id),
            (other.admin, account.company.id),
        )
    ]

    assert [403, 403, 404] == refused
    assert [] == await keys(rules_engine)


@pytest.mark.parametrize("role", ROLES)
async def test_administrators_and_the_operator_read_the_certificate_R409_R410_R422(
    client: Client, factory: Factory, role: str
) -> None:
    """The company's account administrators and the operator's staff read and download it. Other roles learn that they can't."""
    operator, company = await factory.operator(), await factory.company(verification_status="UNVERIFIED")
    uploaded = (await submitted(client, company)).json()
    member = await factory.user(company, role)
    found = {"registrationCertificate": {name: uploaded[name] for name in ("url", "mediaType", "bytes")}}

    by_member, by_operator = await client(member.email, READ, id=company.id), await client(operator.admin, READ, id=company.id)
    files = [(await fetch(client, email, uploaded["url"])).status_code for email in (member.email, operator.admin)]

    assert payload({"company": found}) == response_of(by_operator)
    if role == "ACCOUNT_ADMIN":
        assert (payload({"company": found}), [200, 200]) == (response_of(by_member), files)
    else:
        hidden = redaction_at("company.registrationCertificate", "ROLE_REQUIRED")
        assert (payload({"company": {"registrationCertificate": None}}, hidden), [404, 200]) == (response_of(by_member), files)


@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER", "MANAGED"])
async def test_others_read_no_certificate_R409_V64(client: Client, factory: Factory, kind: str) -> None:
    """A company on the Marketplace shows its certificate to nobody else."""
    company = await factory.company(verification_status="UNVERIFIED")
    uploaded = (await submitted(client, company)).json()
    await factory.profile(company)
    email = await factory.admin_of_kind(kind)
    assert email is not None

    answer, file = await client(email, READ, id=company.id), await fetch(client, email, uploaded["url"])

    hidden = redaction_at("company.registrationCertificate", "NOT_YOURS")
    assert payload({"company": {"registrationCertificate": None}}, hidden) == response_of(answer)
    assert 404 == file.status_code


@pytest.mark.parametrize("shown", [True, False])
async def test_account_reads_its_certificate_with_its_company_profile_R111_A13(
    client: Client, factory: Factory, shown: bool
) -> None:
    """The certificate has what the company profile has. The partner reads it in any case."""
    partner, new = await factory.partner(), {"verification_status": "UNVERIFIED"}
    account = await factory.managed_account(partner, company_profile=shown, company=new)
    uploaded = (await certify(client, partner.admin, company=account.company.id)).json()
    ids = {"companyId": account.company.id, "certificateId": uploaded["id"]}
    await send(client, partner.admin, "submitVerification", "company { id }", **ids)

    own, partners = [(await client(email, READ, id=account.company.id)) for email in (account.admin, partner.admin)]
    files = [(await fetch(client, email, uploaded["url"])).status_code for email in (account.admin, partner.admin)]

    assert (shown, True) == tuple(answer.data["company"]["registrationCertificate"] is not None for answer in (own, partners))
    assert ([] if shown else ["HIDDEN_BY_PARTNER"]) == [each.reason for each in own.redactions]
    assert [200 if shown else 404, 200] == files


async def test_unused_documents_are_limited_and_removed_after_a_day_V64(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """An owner keeps its latest few unused uploads, for a day. A certificate in use stays, and one that it replaces goes."""
    operator, company = await factory.operator(), await factory.company(verification_status="UNVERIFIED")
    await submitted(client, company)
    await send(client, operator.admin, "rejectCompany", "company { id }", companyId=company.id, reason="Unreadable.")
    used = (await submitted(client, company, picture("PNG"))).json()
    for _ in range(MAX_UNUSED + 1):
        await certify(client, company.admin)
    limited = len(await keys(rules_engine))

    await purge_unused_documents(rules_engine, "")
    kept = len(await keys(rules_engine))
    async with rules_engine.begin() as connection:
        await connection.execute(sa.update(Document).values(uploaded_at=Document.uploaded_at - timedelta(days=1)))
    await purge_unused_documents(rules_engine, "")
    answer = await client(company.admin, READ, id=company.id)

    # The one in use, the replaced one, and the latest that nothing uses.
    assert (2 + MAX_UNUSED, 2 + MAX_UNUSED, 1) == (limited, kept, len(await keys(rules_engine)))
    assert used["url"] == answer.data["company"]["registrationCertificate"]["url"]
