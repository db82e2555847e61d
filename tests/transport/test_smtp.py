"""Sending mail over a real mail server: TLS, passwords, and the meaning of the server's replies."""

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
    """A self-signed certificate for `localhost`, with its key."""
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
async def secure_mail_server(certificate: Path, *, implicit: bool) -> AsyncIterator[Mailbox]:
    """A mail server with that certificate that requires a password."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    authenticator = accept_only(b"gate way", b"sword/fish")
    async with mail_server(context, implicit=implicit, authenticator=authenticator, auth_require_tls=False) as box:
        yield box


@pytest.mark.parametrize("implicit", [True, False], ids=["smtps", "smtp"])
async def test_user_and_password_of_the_url_sign_in(certificate: Path, *, implicit: bool) -> None:
    """A percent-encoded user and password sign in, over TLS or on this machine. An untrusted certificate is refused."""
    async with secure_mail_server(certificate, implicit=implicit) as box:
        url = f"{'smtps' if implicit else 'smtp'}://gate%20way:sword%2Ffish@localhost:{box.port}"
        if implicit:
            with pytest.raises(MailDelayed, match="cannot be reached"):
                await SmtpMailer(url, SENDER)(MAIL)
            mailer = SmtpMailer(url, SENDER, trusted=certificate)
        else:
            mailer = SmtpMailer(url, SENDER)
        await mailer(MAIL)

    assert ["user@sample.example"] == box.to


async def test_password_is_never_sent_in_clear_text_to_another_machine() -> None:
    """A password is sent to another machine with STARTTLS or not at all."""
    assert True is SmtpMailer("smtp://user:swordfish@mail.example", SENDER).server["start_tls"]
    assert None is SmtpMailer("smtp://mail.example", SENDER).server["start_tls"]
    assert False is SmtpMailer("smtp://user:swordfish@127.0.0.1", SENDER).server["start_tls"]


async def test_wrong_password_delays_mails_without_showing_it(certificate: Path) -> None:
    """A wrong password isn't the email's fault, so the email is delayed. The reason doesn't show the password."""
    async with secure_mail_server(certificate, implicit=False) as box:
        with pytest.raises(MailDelayed) as raised:
            await SmtpMailer(f"smtp://user:swordfish@localhost:{box.port}", SENDER)(MAIL)

    assert "the mail server answered 535" in str(raised.value)
    assert "swordfish" not in str(raised.value)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [("450 later", MailDelayed), ("451 later", MailDelayed), ("550 never", MailRejected), ("554 never", MailRejected)],
)
@pytest.mark.parametrize("refused", ["recipient", "mail"])
async def test_reply_codes_decide_between_delay_and_rejection(reply: str, expected: type[Exception], refused: str) -> None:
    """Replies from 500 on are permanent, lower ones temporary. The reason is the server's text."""
    async with mail_server() as box:
        if refused == "recipient":
            box.rcpt[MAIL.to_address].append(reply)
        else:
            box.data.append(reply)
        with pytest.raises(expected) as raised:
            await SmtpMailer(box.url, SENDER)(MAIL)

    assert reply == str(raised.value)


@pytest.mark.parametrize(
    "address", ["", "user", "user@", "a@b.example, c@d.example", "a@b.example\r\nBcc: c@d.example", "<a@b"]
)
async def test_invalid_address_is_refused_before_connecting(address: str) -> None:
    """The mail server isn't contacted for an invalid address."""
    async with mail_server() as box:
        with pytest.raises(MailRejected, match="is not valid in a mail header"):
            await SmtpMailer(box.url, SENDER)(replace(MAIL, to_address=address))

    assert [] == box.mails


async def test_resent_mail_is_identical() -> None:
    """An email sent again has the same id, date and text, so a recipient can recognise the duplicate."""
    async with mail_server() as box:
        for _ in range(2):
            await SmtpMailer(box.url, SENDER)(MAIL)

    assert box.mails[0].as_bytes() == box.mails[1].as_bytes()
    assert "<00000000-0000-7000-8000-000000000001@operator.example>" == box.mails[0]["Message-ID"]
