"""A real mail server on this machine's own address, which keeps what it accepts and can be told to refuse."""

import asyncio
import ssl
import threading
from collections import deque
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

CUT = "cut the line"
PATIENCE_S = 60.0
"""How long it may take to open, on a machine that has much else to do."""


class Postbox(Controller):
    """Keeps every mail it accepts, as (address, message). `answers` are given to the next mails in the place of 250."""

    def __init__(self, **options: Any) -> None:
        self.kept: list[tuple[str, EmailMessage]] = []
        self.refused: dict[str, str] = {}
        self.answers: deque[str] = deque()
        self.logins: list[tuple[str, str]] = []
        self.arrived = threading.Event()
        super().__init__(self, hostname="127.0.0.1", port=0, ready_timeout=PATIENCE_S, **options)

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()

    def stop(self, no_assert: bool = True) -> None:
        if not self.loop.is_closed():
            super().stop(no_assert)

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        answer = self.answers.popleft() if self.answers else "250 OK"
        if answer == CUT:
            server.transport.abort()
            await asyncio.sleep(0)
            return "250 OK"
        if answer.startswith("250"):
            message = message_from_bytes(envelope.content, policy=default)
            self.kept += [(address, message) for address in envelope.rcpt_tos]
            self.arrived.set()
        return answer

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=data.password == b"sesame")

    @property
    def addresses(self) -> list[str]:
        return sorted(address for address, _ in self.kept)

    def texts(self, address: str | None = None) -> list[str]:
        """The subject and body of each mail kept, of one address or of all."""
        return [f"{m['subject']}\n\n{body_of(m)}" for to, m in self.kept if address in (None, to)]


def body_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def make_certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for this machine's own address: the file that trusts it, and the server's side."""
    key = generate_private_key(SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a mail server")])
    began = datetime.now(UTC) - timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(began)
        .not_valid_after(began + timedelta(days=10))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, private)
    return certificate, context
