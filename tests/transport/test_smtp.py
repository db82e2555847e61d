"""Sending to a real mail server: over TLS, with a password, and what its answers mean."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from models.mail import MailStatus
from resolvers.notifying.outbox import MailDelayed, MailRejected, Outgoing
from tests.mailbox import Mailbox, accept_only, mail_server
from transport.smtp import SmtpMailer

SENDER = "gateway@operator.example"
MAIL = Outgoing(
    id=UUID("00000000-0000-7000-8000-000000000001"),
    to_address="user@sample.example",
    subject="Sample",
    body="Sample text.",
    attempts=1,
    status=MailStatus.WAITING,
    created_at=datetime(2026, 11, 21, tzinfo=UTC),
)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of `localhost` with its key, signed by nobody else."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
    signed = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    signed = signed.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(signed.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM) + secret)
    return path


@asynccontextmanager
async def secured(certificate: Path, *, implicit: bool) -> AsyncIterator[Mailbox]:
    """A mail server with that certificate, which asks for a password."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    known = accept_only(b"gate way", b"sword/fish")
    async with mail_server(context, implicit=implicit, authenticator=known, auth_require_tls=False) as box:
        yield box


@pytest.mark.parametrize("implicit", [True, False], ids=["smtps", "smtp"])
async def test_a_password_is_sent_and_its_letters_may_be_encoded(certificate: Path, *, implicit: bool) -> None:
    """A user and a password in the URL sign in, over TLS or on this very machine; a server of unknown descent is not believed."""
    async with secured(certificate, implicit=implicit) as box:
        url = f"{'smtps' if implicit else 'smtp'}://gate%20way:sword%2Ffish@localhost:{box.port}"
        if implicit:
            with pytest.raises(MailDelayed, match="cannot be reached"):
                await SmtpMailer(url, SENDER)(MAIL)
            post = SmtpMailer(url, SENDER, trusted=certificate)
        else:
            post = SmtpMailer(url, SENDER)
        await post(MAIL)

    assert ["user@sample.example"] == box.to


async def test_a_password_is_never_sent_in_the_clear_to_another_machine() -> None:
    """To any other machine a password goes by STARTTLS or not at all."""
    assert True is SmtpMailer("smtp://user:swordfish@mail.example", SENDER).server["start_tls"]
    assert None is SmtpMailer("smtp://mail.example", SENDER).server["start_tls"]
    assert False is SmtpMailer("smtp://user:swordfish@127.0.0.1", SENDER).server["start_tls"]


async def test_a_wrong_password_puts_mails_off_without_being_told(certificate: Path) -> None:
    """It is no fault of the mail, and the reason shows nothing of it."""
    async with secured(certificate, implicit=False) as box:
        with pytest.raises(MailDelayed) as told:
            await SmtpMailer(f"smtp://user:swordfish@localhost:{box.port}", SENDER)(MAIL)

    assert "the mail server answered 535" in str(told.value)
    assert "swordfish" not in str(told.value)


@pytest.mark.parametrize(
    ("answer", "means"),
    [("450 later", MailDelayed), ("451 later", MailDelayed), ("550 never", MailRejected), ("554 never", MailRejected)],
)
@pytest.mark.parametrize("of", ["recipient", "mail"])
async def test_what_answers_about_a_mail_mean(answer: str, means: type[Exception], of: str) -> None:
    """Numbers from 500 on are for good, lower ones for now; the reason is what the server said."""
    async with mail_server() as box:
        if of == "recipient":
            box.rcpt[MAIL.to_address].append(answer)
        else:
            box.data.append(answer)
        with pytest.raises(means) as told:
            await SmtpMailer(box.url, SENDER)(MAIL)

    assert answer == str(told.value)


@pytest.mark.parametrize(
    "address", ["", "user", "user@", "a@b.example, c@d.example", "a@b.example\r\nBcc: c@d.example", "<a@b"]
)
async def test_what_is_no_address_is_refused_before_anybody_is_asked(address: str) -> None:
    """No server hears of a mail to what is no address."""
    async with mail_server() as box:
        with pytest.raises(MailRejected, match="is not valid in a mail header"):
            await SmtpMailer(box.url, SENDER)(replace(MAIL, to_address=address))

    assert [] == box.mails


async def test_the_same_mail_is_the_same_message() -> None:
    """Sent again, a mail has the id, the date and the text that it had: whoever gets it twice can tell."""
    async with mail_server() as box:
        for _ in range(2):
            await SmtpMailer(box.url, SENDER)(MAIL)

    assert box.mails[0].as_bytes() == box.mails[1].as_bytes()
    assert "<00000000-0000-7000-8000-000000000001@operator.example>" == box.mails[0]["Message-ID"]
