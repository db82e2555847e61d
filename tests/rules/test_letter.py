"""Letters of authorisation: for viewers that read the port, while it is allocated."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from urllib.parse import urlsplit

import httpx
import pytest
from pypdf import PdfReader
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.client import ANONYMOUS, Client
from tests.factory import Factory, Port
from tests.rules.answers import payload, response_of
from tests.rules.mutations import queued_mails, send

LETTER = "query ($id: ID!) { node(id: $id) { ... on Port { letterOfAuthorisation } } }"
PLACE = {"cage": "C07", "rack": "R012", "panel": "P3", "ports": "5/6"}
NO_FILE = {"message": "File not found, or you don't have access to it.", "code": "NOT_FOUND"}


async def fetch(client: Client, email: str | None, port: Port) -> httpx.Response:
    """Fetch a port's letter as a user or a visitor."""
    return await client.get(email, f"/files/{port.id}")


def refusal(response: httpx.Response) -> tuple[int, dict[str, str]]:
    """Return the error that came back instead of a file."""
    (error,) = response.json()["errors"]
    return response.status_code, {"message": error["message"], "code": error["extensions"]["code"]}


async def test_owner_downloads_the_letter_of_an_allocated_port_R433_A44_A45(client: Client, factory: Factory) -> None:
    """The letter is a PDF that names the date, the customer, the data centre, the service and the demarcation."""
    company = await factory.company(name="Alpine")
    location = await factory.location(name="Harbour One")
    port = await factory.port(company, location, status="ALLOCATED", demarcation=PLACE)

    answer = await client(company.admin, LETTER, id=port.id)
    served = await fetch(client, company.admin, port)
    letter = PdfReader(BytesIO(served.content))
    said = letter.pages[0].extract_text()
    wanted = ["Alpine", "Harbour One", str(port.key), datetime.now(UTC).date().isoformat(), *PLACE.values()]

    assert f"/files/{port.id}" == urlsplit(answer.data["node"]["letterOfAuthorisation"]).path
    assert (200, "application/pdf") == (served.status_code, served.headers["content-type"])
    assert [] == [text for text in wanted if text not in said]
    assert letter.metadata is not None
    assert "000000Z" == str(letter.metadata["/CreationDate"])[-7:]  # midnight: the file is the same all day


@pytest.mark.parametrize(
    ("name", "rack", "ports"),
    [
        pytest.param("Łódź Telekom – O’Neill & Søn “Ærø”", "Ł12", "1–2", id="Latin"),
        pytest.param("Ελλάδα Net", "Ω3", "1–2", id="Greek"),
        pytest.param("Укртелеком Їжак", "Щ7", "№ 5", id="Cyrillic"),
        pytest.param("北京电信", "机柜十二", "1、2", id="Chinese"),
        pytest.param("日本電信ネット（株）", "ラック12", "1〜2", id="Japanese"),
        pytest.param("한국통신", "랙 12", "1·2", id="Korean"),
        pytest.param("شركة الاتصالات", "رف ١٢", "١-٢", id="Arabic"),
        pytest.param("חברת תקשורת בע״מ", "ארון 12", "1–2", id="Hebrew"),
        pytest.param("บริษัท ไทยคมนาคม จำกัด", "ตู้ ๑๒", "1–2", id="Thai"),
        pytest.param("दूरसंचार निगम हिन्दी", "रैक १२", "१–२", id="Devanagari"),
        pytest.param("Tiếng Việt Điện lực", "Tủ 12", "1–2", id="Vietnamese"),
        pytest.param("Alpine شركة 12 GmbH", "R–שלום", "(דבי) 5/6", id="mixed"),
    ],
)
async def test_letter_supports_names_in_any_script_R433(
    client: Client, factory: Factory, name: str, rack: str, ports: str
) -> None:
    """The text extracted from the letter has the names as they were entered."""
    company = await factory.company(name=name)
    port = await factory.port(company, demarcation={**PLACE, "rack": rack, "ports": ports})

    served = await fetch(client, company.admin, port)
    said = PdfReader(BytesIO(served.content)).pages[0].extract_text()

    assert [] == [text for text in (name, rack, ports) if text not in said]


@pytest.mark.parametrize("status", ["REQUESTED", "CANCELLED", "DECOMMISSIONED"])
async def test_letter_exists_only_while_a_port_is_allocated_A44(client: Client, factory: Factory, status: str) -> None:
    """A port that isn't allocated yet, or that has ended, has no letter."""
    company = await factory.company()
    port = await factory.port(company, status=status, demarcation=None if status == "REQUESTED" else PLACE)

    answer = await client(company.admin, LETTER, id=port.id)
    served = await fetch(client, company.admin, port)

    assert payload({"node": {"letterOfAuthorisation": None}}) == response_of(answer)
    assert (404, NO_FILE) == refusal(served)


async def test_other_viewers_get_no_letter_V20_A45(client: Client, factory: Factory) -> None:
    """For a viewer that can't read a port, its letter looks like that of a port that doesn't exist."""
    company, stranger = await factory.company(), await factory.company()
    port = await factory.port(company, visibility="PUBLIC", demarcation=PLACE)

    refused = [refusal(await fetch(client, email, port)) for email in (stranger.admin, ANONYMOUS)]

    assert [(404, NO_FILE), (404, NO_FILE)] == refused


async def test_letter_omits_a_hidden_legal_name_R111(client: Client, factory: Factory) -> None:
    """A managed account that can't read its company profile doesn't read its legal name in a letter either."""
    account = await factory.managed_account(await factory.partner(), company={"name": "Alpine", "legal_name": "Sample AG"})
    port = await factory.port(account.company, demarcation=PLACE)

    served = await fetch(client, account.company.admin, port)
    said = PdfReader(BytesIO(served.content)).pages[0].extract_text()

    assert (True, False) == ("Alpine" in said, "Sample AG" in said)


async def test_letter_leaves_the_cross_connect_to_the_customer_R432_R434(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """It authorises the requesting party to order the cross-connect. The gateway sends the letter to nobody."""
    operator, company = await factory.operator(), await factory.company()
    staff = await factory.user(operator, "SUPPORT")
    port = await factory.port(company, status="REQUESTED")

    await send(client, staff.email, "allocatePort", "port { status }", id=port.id, demarcation=PLACE)
    served = await fetch(client, company.admin, port)
    said = " ".join(PdfReader(BytesIO(served.content)).pages[0].extract_text().split())

    assert "The requesting party orders the cross-connect and pays for it." in said
    assert [] == await queued_mails(rules_engine)
