"""Documents of private offers: uploads are made harmless, joined into one PDF, and read with the prices."""

from __future__ import annotations

from io import BytesIO
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import pytest
import sqlalchemy as sa
from pypdf import PdfReader, PdfWriter
from pypdf.actions import JavaScript
from pypdf.generic import Destination, DictionaryObject, NameObject, TextStringObject
from sqlalchemy.ext.asyncio import AsyncEngine

from models import Document, OfferDocument
from resolvers.document import purge_unused_documents
from tests.client import Client
from tests.factory import Factory
from tests.pictures import certificate, picture, upload
from tests.rules.mutations import send, stored_rows, user_error
from tests.rules.test_accept_offer import accept, choice
from tests.rules.test_offer_changes import draft, published, visible_company

READ: Final = """query ($id: ID!) { node(id: $id) { ... on Offer {
    serviceAgreement { url pages bytes } documents { id mediaType } totalValue { amount } } } }"""
TEXT: Final = "Hällo Wörld\n\nשלום עולם\nمرحبا\n你好，世界\n"
ROLES: Final = ("ACCOUNT_ADMIN", "MARKETPLACE_EDITOR", "NETWORK_ADMIN", "FINANCE", "VIEWER")
BROKEN: Final = {
    "empty": b"",
    "blank": b" \n",
    "not UTF-8": b"\xff\xfe",
    "a control character": b"one\x00two",
    "a picture": picture("PNG"),
    "a PDF in name only": b"%PDF-1.7\nThis is to certify\n%%EOF",
    "a truncated PDF": certificate()[:300],
    "an encrypted PDF": certificate(password="secret"),
    "201 pages": certificate(201),
    "a text of 201 pages": b"a\n" * 201 * 60,
    "a huge text": b"a" * 4_000_000,
}


async def attach(client: Client, email: str, content: bytes, company: str | None = None) -> httpx.Response:
    """Upload a document of an offer."""
    return await upload(client, email, content, company, purpose="AGREEMENT")


async def attached(client: Client, email: str, *contents: bytes) -> list[str]:
    """Upload documents and return their ids."""
    return [(await attach(client, email, content)).json()["id"] for content in contents]


async def download(client: Client, email: str | None, url: str) -> httpx.Response:
    """Download a file as a user."""
    return await client.get(email, urlsplit(url).path)


def hostile() -> bytes:
    """Return a PDF with a script, a form, a link, an attachment and metadata."""
    writer = PdfWriter()
    writer.append(BytesIO(certificate()))
    writer.add_open_action(JavaScript("app.alert('evil')"))
    writer.add_attachment("evil.exe", b"evil")
    writer.add_metadata({"/Author": "evil"})
    action = DictionaryObject({NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("evil")})
    page = writer.pages[0]
    page[NameObject("/AA")] = DictionaryObject({NameObject("/O"): action})
    page["/Resources"][NameObject("/AA")] = DictionaryObject({NameObject("/O"): action})  # type: ignore[index]
    writer.root_object[NameObject("/AcroForm")] = DictionaryObject({NameObject("/XFA"): TextStringObject("evil")})
    written = BytesIO()
    writer.write(written)
    return written.getvalue()


async def test_documents_are_joined_with_bookmarks_R238_R239_R240_V39(client: Client, factory: Factory) -> None:
    """A PDF and a text of many scripts make one PDF. What was sent can be read back, by who writes the offer."""
    seller, buyer = await factory.company(), await visible_company(factory)
    ids = await attached(client, seller.admin, certificate(2), TEXT.encode())
    offer = await published(client, seller.admin, await factory.product(seller), buyer, documentIds=ids)

    own = (await client(seller.admin, READ, id=offer["id"])).data["node"]
    met = (await client(buyer.admin, READ, id=offer["id"])).data["node"]
    file = await download(client, buyer.admin, met["serviceAgreement"]["url"])

    assert ids == [each["id"] for each in own["documents"]]
    assert None is met["documents"]
    assert own["serviceAgreement"] == met["serviceAgreement"]
    assert (3, len(file.content)) == (met["serviceAgreement"]["pages"], met["serviceAgreement"]["bytes"])
    reader = PdfReader(BytesIO(file.content))
    marks = [mark for mark in reader.outline if isinstance(mark, Destination)]
    assert [("Document 1", 0), ("Document 2", 2)] == [(mark.title, reader.get_destination_page_number(mark)) for mark in marks]
    assert "Hällo Wörld" in reader.pages[2].extract_text()
    assert "attachment" in file.headers["Content-Disposition"]


async def test_hostile_pdf_is_defused_V39(client: Client, factory: Factory) -> None:
    """Nothing but what is drawn on its pages is left, in the upload and in the joined PDF."""
    assert b"evil" in hostile()
    seller = await factory.company()
    answer = await attach(client, seller.admin, hostile())
    offer = await draft(client, seller.admin, await factory.product(seller), documentIds=[answer.json()["id"]])
    read = (await client(seller.admin, READ, id=offer["id"])).data["node"]

    stored = [await download(client, seller.admin, url) for url in (answer.json()["url"], read["serviceAgreement"]["url"])]

    for file in stored:
        assert 200 == file.status_code
        assert not any(word in file.content for word in (b"evil", b"JavaScript", b"OpenAction", b"EmbeddedFile", b"XFA"))
        assert (
            PdfReader(BytesIO(certificate())).pages[0].extract_text()
            == PdfReader(BytesIO(file.content)).pages[0].extract_text()
        )


@pytest.mark.parametrize("case", BROKEN)
async def test_broken_documents_are_refused_R239_V39(
    client: Client, factory: Factory, rules_engine: AsyncEngine, case: str
) -> None:
    """Nothing is stored."""
    seller = await factory.company()
    before = await stored_rows(rules_engine)

    answer = await attach(client, seller.admin, BROKEN[case])

    assert (415, "UNSUPPORTED_DOCUMENT") == (answer.status_code, answer.json()["errors"][0]["extensions"]["code"])
    assert before == await stored_rows(rules_engine)


@pytest.mark.parametrize("role", ROLES)
async def test_documents_are_uploaded_and_used_by_who_writes_offers_V14_V34_V64(
    client: Client, factory: Factory, role: str
) -> None:
    """Others can't upload them, and nobody can use those of another company, a certificate, or one twice."""
    seller, other = await factory.company(), await factory.company()
    user, product = await factory.user(seller, role), await factory.product(seller)
    (strange,) = await attached(client, other.admin, TEXT.encode())
    (own,) = await attached(client, seller.admin, TEXT.encode())
    proof = (await upload(client, seller.admin, certificate(), seller.id, purpose="CERTIFICATE")).json()["id"]
    values = {"productId": product.id, "name": "Sample", "paymentModel": "UPFRONT", "currency": "EUR"}

    uploaded = await attach(client, user.email, TEXT.encode())
    used = await send(client, user.email, "createOffer", "offer { id }", documentIds=[own, own, strange, proof], **values)
    many = await send(client, seller.admin, "createOffer", "offer { id }", documentIds=[own] * 11, **values)

    may = role in ROLES[:2]
    assert (201 if may else 403) == uploaded.status_code
    wrong = [
        user_error("DUPLICATE", "documentIds", "1"),
        user_error("NOT_FOUND", "documentIds", "2"),
        user_error("NOT_FOUND", "documentIds", "3"),
    ]
    assert wrong == [error for error in used["userErrors"] if error["field"][0] == "documentIds"] or not may
    assert [user_error("TOO_MANY", "documentIds")] == many["userErrors"]


async def test_whoever_cannot_read_prices_gets_no_document_R121_V54_V58_X7(client: Client, factory: Factory) -> None:
    """It's null with a reason, and the file isn't found. The writers of the offer read it, whatever their role."""
    partner, seller = await factory.partner(), await factory.company()
    account = await factory.managed_account(partner, pricing=False)
    await factory.profile(account.company)
    editor, received = await factory.user(seller, "MARKETPLACE_EDITOR"), await factory.user(partner, "MARKETPLACE_EDITOR")
    ids = await attached(client, seller.admin, TEXT.encode())
    offer = await published(client, seller.admin, await factory.product(seller), account.company, documentIds=ids)
    url = (await client(seller.admin, READ, id=offer["id"])).data["node"]["serviceAgreement"]["url"]

    async def read(viewer: str | None) -> tuple[Any, int]:
        node = (await client(viewer, READ, id=offer["id"])).data["node"]
        return node and node["serviceAgreement"] is not None, (await download(client, viewer, url)).status_code

    assert (True, 200) == await read(seller.admin) == await read(editor.email) == await read(partner.admin)
    assert (False, 404) == await read(account.admin) == await read(received.email)
    assert (None, 404) == await read((await factory.company()).admin)
    hidden = await client(account.admin, READ, id=offer["id"])
    assert "HIDDEN_BY_PARTNER" in {each.reason for each in hidden.redactions if each.path[-1] == "serviceAgreement"}


async def test_document_that_a_buyer_read_never_changes_R238_V39(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """A changed offer has a new one. A draft's former document is gone."""
    seller, buyer = await factory.company(), await visible_company(factory)
    first, second = await attached(client, seller.admin, b"first", b"second")
    offer = await draft(client, seller.admin, await factory.product(seller), buyer, documentIds=[first])
    mutation = "updateOffer"

    async def contents() -> list[bytes]:
        async with rules_engine.connect() as connection:
            return list((await connection.execute(sa.select(OfferDocument.content).order_by(OfferDocument.id))).scalars())

    await send(client, seller.admin, mutation, "offer { id }", id=offer["id"], version=1, documentIds=[second])
    drafted = await contents()
    await send(client, seller.admin, "publishOffer", "offer { id }", id=offer["id"])
    await send(client, seller.admin, mutation, "offer { id }", id=offer["id"], version=2, documentIds=[second])
    same = await contents()
    await send(client, seller.admin, mutation, "offer { id }", id=offer["id"], version=3, documentIds=[first, second])
    changed = await contents()

    assert 1 == len(drafted)
    assert same == drafted
    assert [drafted[0]] == changed[:1]
    assert 2 == len(changed)


async def test_documents_of_offers_are_kept_and_others_purged_V64(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """What no offer has used after a day is removed."""
    seller, buyer = await factory.company(), await visible_company(factory)
    used, _ = await attached(client, seller.admin, b"first", b"second")
    offer = await published(client, seller.admin, await factory.product(seller), buyer, documentIds=[used])
    await factory.age_documents(days=2)

    await purge_unused_documents(rules_engine, "")
    async with rules_engine.connect() as connection:
        kept = (await connection.execute(sa.select(sa.func.count()).select_from(Document))).scalar_one()
    node = (await client(seller.admin, READ, id=offer["id"])).data["node"]

    assert (1, [used]) == (kept, [each["id"] for each in node["documents"]])


async def test_accepted_document_stays_R240_V36(client: Client, factory: Factory) -> None:
    """After the acceptance the buyer still reads it through the agreement."""
    seller, buyer = await factory.company(), await visible_company(factory)
    ids = await attached(client, seller.admin, b"terms")
    product = await factory.product(seller)
    made = await published(client, seller.admin, product, buyer, documentIds=ids)
    offer = factory.known("Offer", made["id"])

    answer = await accept(client, buyer.admin, offer, dimensionIds=await choice(client, buyer.admin, offer, 0))
    query = "query ($id: ID!) { node(id: $id) { ... on Agreement { offer { serviceAgreement { pages } } } } }"
    node = (await client(buyer.admin, query, id=answer["agreement"]["id"])).data["node"]

    assert {"offer": {"serviceAgreement": {"pages": 1}}} == node


async def test_partner_uploads_and_reads_documents_for_its_account_V14_V34(client: Client, factory: Factory) -> None:
    """A Marketplace editor of the partner does, and one of another partner doesn't."""
    partner, other = await factory.partner(), await factory.partner()
    account = await factory.managed_account(partner)
    editor, stranger = await factory.user(partner, "MARKETPLACE_EDITOR"), await factory.user(other, "MARKETPLACE_EDITOR")
    product = await factory.product(account.company)

    refused = await attach(client, stranger.email, TEXT.encode(), account.company.id)
    uploaded = (await attach(client, editor.email, TEXT.encode(), account.company.id)).json()
    offer = await draft(client, editor.email, product, documentIds=[uploaded["id"]])
    found = [(await download(client, who.email, uploaded["url"])).status_code for who in (editor, stranger)]
    read = (await client(editor.email, READ, id=offer["id"])).data["node"]

    assert 404 == refused.status_code
    assert [200, 404] == found
    assert [uploaded["id"]] == [each["id"] for each in read["documents"]]
