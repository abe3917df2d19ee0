"""What an operator may set, read once from the environment in a composition root and handed down.

Every setting has a name beginning with LANTERN_, a default that works on one machine, and its reason here. Nothing
else in the server reads the environment.
"""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared.geo.night import DEFAULT_ZONE
from shared.model.document import DOCUMENT_BYTES_MAX
from shared.rules.alarms import DEFAULT_LADDER, Ladder, read_ladder

DEMO_EMAIL_HOST = "lantern.example"  # everybody of the demo's county: the doctor knows them by it
DOCUMENT_FORM_BYTES = DOCUMENT_BYTES_MAX + 64 * 1024
"""A form with a document in it."""
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, kw_only=True)
class PasswordCost:
    """What one argon2id hash costs. The default is the project's floor (privacy rule C2: 64 MiB, three passes)."""

    memory_kib: int = 65_536
    passes: int = 3
    lanes: int = 1


SECURITIES = {"starttls": 587, "tls": 465, "none": 25}
"""How a mail server is spoken to, with the usual port of each."""


@dataclass(frozen=True, kw_only=True)
class MailSettings:
    """The mail server that mails are handed to. Without a `host` they wait, and are listed."""

    host: str = ""
    port: int = SECURITIES["starttls"]
    security: str = "starttls"
    login: str = ""
    password_file: Path | None = None
    authority_file: Path | None = None
    """The certificates of the authorities that are trusted, in the place of this machine's own."""
    sender: str = ""
    timeout: timedelta = timedelta(seconds=20)


MAILBOX_PORTS = {"tls": 993, "starttls": 143, "none": 143}
"""How a mailbox is spoken to, with the usual port of each."""


@dataclass(frozen=True, kw_only=True)
class MailboxSettings:
    """The mailbox that reports are sent to (IMAP). Without a `host` there is none."""

    host: str = ""
    port: int = MAILBOX_PORTS["tls"]
    security: str = "tls"
    login: str = ""
    password_file: Path | None = None
    authority_file: Path | None = None
    folder: str = "INBOX"
    timeout: timedelta = timedelta(seconds=20)


@dataclass(frozen=True, kw_only=True)
class GeoreportSettings:
    """Another system's Open311 server (GeoReport v2) that reports are pulled from. Without a `url` none is asked."""

    url: str = ""
    services: tuple[str, ...] = ()
    """The codes of the services there that mean somebody sleeping rough."""
    key_file: Path | None = None
    jurisdiction: str = ""
    timeout: timedelta = timedelta(seconds=20)


@dataclass(frozen=True, kw_only=True)
class AlarmSettings:
    """Who hears of somebody who was not heard, and the gateway that writes to or rings telephones (without a `url`: none).

    `token_file` holds the gateway's bearer token. A gateway on another machine is spoken to by https alone.
    """

    ladder: Ladder = DEFAULT_LADDER
    url: str = ""
    token_file: Path | None = None
    channel: str = "sms"
    timeout: timedelta = timedelta(seconds=10)


@dataclass(frozen=True, kw_only=True)
class OpenIdSettings:
    """An organisation's own sign-in (OpenID Connect). Without an `issuer` there is none."""

    issuer: str = ""
    registered_as: str = ""
    """The id under which the provider knows this server (`client_id`)."""
    secret: str = field(default="", repr=False)
    secret_file: Path | None = None
    """Where that was read from."""
    name: str = "your organisation’s account"
    """What the button says after “Sign in with”."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings of one server. Times are timedeltas, sizes are bytes."""

    data: Path
    database: str
    crs: str = "EPSG:27700"
    timezone: str = DEFAULT_ZONE
    host: str = "127.0.0.1"
    port: int = 8000
    https: bool = False
    secret: str | None = None
    secret_before: str | None = None
    ledger_copy: Path | None = None
    """The second place of the ledger of protective orders: a file on another disk, or a mounted store."""
    second_factor: bool = False
    weak_phones: bool = False
    one_role: bool = False
    """Is the server served although its role in PostgreSQL goes round row-level security?"""
    log_json: bool = False
    """Is everything logged as JSON lines, requests included?"""
    metrics: tuple[str, int] = ("", 0)
    """Where a watching system asks, as host and port; port 0 for nowhere."""
    mail: MailSettings = field(default_factory=MailSettings)
    mailbox: MailboxSettings = field(default_factory=MailboxSettings)
    georeport: GeoreportSettings = field(default_factory=GeoreportSettings)
    alarm: AlarmSettings = field(default_factory=AlarmSettings)
    openid: OpenIdSettings = field(default_factory=OpenIdSettings)
    public_url: str = ""
    open311_jurisdiction: str = ""
    hook_hosts: frozenset[str] = frozenset()
    """Hosts inside the operator's own network that partners' systems may be told at: no hook goes inside to any other."""
    trusted_proxies: str = "127.0.0.1"
    """From which addresses or networks X-Forwarded-For and -Proto are believed, with commas between; empty for nobody."""
    password_cost: PasswordCost = field(default_factory=PasswordCost)
    session_idle: timedelta = timedelta(minutes=15)
    session_absolute: timedelta = timedelta(hours=12)
    access_token_life: timedelta = timedelta(minutes=10)
    refresh_token_life: timedelta = timedelta(days=30)
    refresh_grace: timedelta = timedelta(seconds=120)
    enrolment_code_life: timedelta = timedelta(minutes=10)
    page_body_bytes: int = 2 * 1024 * 1024
    sync_body_bytes: int = 2 * 1024 * 1024
    sync_requests_at_once: int = 200
    blob_bytes: int = DOCUMENT_BYTES_MAX
    documents_bytes: int = 5 * 1024**3
    """What all documents of this server may hold together."""
    scanner: tuple[str, ...] = ()
    """The command that looks at what people send, with its arguments; without one nothing looks."""
    scanner_timeout: timedelta = timedelta(seconds=30)
    minimum_app_version: str = "0.1.0"

    @property
    def is_loopback(self) -> bool:
        """True when only this machine can reach the server: the one place where plain http may carry a session."""
        return self.host in LOOPBACK_HOSTS

    @property
    def cookie_is_secure(self) -> bool:
        """Cookies are Secure with the `__Host-` prefix everywhere but on plain http over loopback (privacy rule C4)."""
        return self.https or not self.is_loopback

    @property
    def jurisdiction(self) -> str:
        """By which name Open311 knows us (`jurisdiction_id`): the host's, unless another is set."""
        return self.open311_jurisdiction or urlsplit(self.address).hostname or ""

    @property
    def address(self) -> str:
        """Where pages are found, for the links in mails: without a slash at its end."""
        if self.public_url:
            return self.public_url.rstrip("/")
        return f"{'https' if self.https else 'http'}://{self.host}:{self.port}"


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings that an environment asks for. Raises ValueError, naming the variable, for an unusable one.

    One without a value is as one that is not set; but no proxy at all is one that can be meant.
    """
    told = {name: value.strip() for name, value in environment.items()}  # systemd strips them, a shell does not
    environment = {name: value for name, value in told.items() if value or name == "LANTERN_TRUSTED_PROXIES"}
    data = Path(environment.get("LANTERN_DATA", ".lantern")).absolute()
    return Settings(
        data=data,
        database=environment.get("LANTERN_DATABASE") or f"sqlite:///{data / 'lantern.sqlite'}",
        crs=environment.get("LANTERN_CRS", "EPSG:27700"),
        timezone=_read_zone(environment.get("LANTERN_TIMEZONE", DEFAULT_ZONE)),
        host=environment.get("LANTERN_HOST", "127.0.0.1"),
        port=_read_port(environment.get("LANTERN_PORT", "8000")),
        https=_read_switch("LANTERN_HTTPS", environment.get("LANTERN_HTTPS", "")),
        secret=environment.get("LANTERN_SECRET") or None,
        second_factor=_read_switch("LANTERN_SECOND_FACTOR", environment.get("LANTERN_SECOND_FACTOR") or "on"),
        secret_before=environment.get("LANTERN_SECRET_BEFORE") or None,
        ledger_copy=_read_path(environment.get("LANTERN_LEDGER_COPY", "")),
        weak_phones=_read_switch("LANTERN_WEAK_PHONES", environment.get("LANTERN_WEAK_PHONES", "")),
        one_role=_read_switch("LANTERN_ONE_ROLE", environment.get("LANTERN_ONE_ROLE", "")),
        log_json=_read_log(environment.get("LANTERN_LOG", "")),
        metrics=_read_metrics(environment.get("LANTERN_METRICS", "").strip()),
        mail=read_mail_settings(environment),
        mailbox=read_mailbox_settings(environment),
        georeport=read_georeport_settings(environment),
        open311_jurisdiction=environment.get("LANTERN_JURISDICTION", "").strip(),
        hook_hosts=frozenset(environment.get("LANTERN_HOOK_HOSTS", "").lower().replace(",", " ").split()),
        openid=read_openid_settings(environment),
        trusted_proxies=_read_proxies(environment.get("LANTERN_TRUSTED_PROXIES", "127.0.0.1")),
        alarm=read_alarm_settings(environment),
        public_url=_read_url(environment.get("LANTERN_PUBLIC_URL", "")),
        documents_bytes=_read_gibibytes("LANTERN_DOCUMENTS_GIB", environment.get("LANTERN_DOCUMENTS_GIB") or "5"),
        scanner=_read_command("LANTERN_SCANNER", environment.get("LANTERN_SCANNER", "")),
    )


def read_mailbox_settings(environment: Mapping[str, str]) -> MailboxSettings:
    """The mailbox that an environment names; no password goes over an open wire to another machine."""
    host = environment.get("LANTERN_IMAP_HOST", "").strip()
    security = environment.get("LANTERN_IMAP_SECURITY", "tls").lower()
    if security not in MAILBOX_PORTS:
        raise ValueError(f"LANTERN_IMAP_SECURITY is {security!r}: give 'tls', 'starttls' or 'none'.")
    if security == "none" and host and host not in LOOPBACK_HOSTS:
        raise ValueError("LANTERN_IMAP_SECURITY is 'none': that is for a mailbox on this machine only.")
    port = _read_port(environment.get("LANTERN_IMAP_PORT") or str(MAILBOX_PORTS[security]), "LANTERN_IMAP_PORT")
    return MailboxSettings(
        host=host, port=port, security=security, login=environment.get("LANTERN_IMAP_USER", ""),
        password_file=_read_path(environment.get("LANTERN_IMAP_PASSWORD_FILE", "")),
        authority_file=_read_path(environment.get("LANTERN_IMAP_CA_FILE", "")),
        folder=environment.get("LANTERN_IMAP_FOLDER", "INBOX"),
    )  # fmt: skip


def read_georeport_settings(environment: Mapping[str, str]) -> GeoreportSettings:
    """The Open311 server that an environment names; no key and no report goes over an open wire to another machine."""
    url = environment.get("LANTERN_PULL_URL", "").strip()
    host = urlsplit(url).hostname or ""
    if url and not (url.startswith("https://") or (url.startswith("http://") and host in LOOPBACK_HOSTS)):
        raise ValueError("LANTERN_PULL_URL: give an https address, or http on this machine.")
    services = tuple(filter(None, (each.strip() for each in environment.get("LANTERN_PULL_SERVICES", "").split(","))))
    if url and not services:
        raise ValueError("LANTERN_PULL_SERVICES is empty: name the service codes that mean somebody sleeping rough.")
    return GeoreportSettings(
        url=url,
        services=services,
        key_file=_read_path(environment.get("LANTERN_PULL_KEY_FILE", "")),
        jurisdiction=environment.get("LANTERN_PULL_JURISDICTION", "").strip(),
    )


def read_mail_settings(environment: Mapping[str, str]) -> MailSettings:
    """The mail server that an environment names; no password goes over an open wire to another machine."""
    host = environment.get("LANTERN_SMTP_HOST", "").strip()
    security = environment.get("LANTERN_SMTP_SECURITY", "starttls").lower()
    sender = environment.get("LANTERN_MAIL_FROM", "").strip()
    if security not in SECURITIES:
        raise ValueError(f"LANTERN_SMTP_SECURITY is {security!r}: give 'starttls', 'tls' or 'none'.")
    if security == "none" and host and host not in LOOPBACK_HOSTS:
        raise ValueError("LANTERN_SMTP_SECURITY is 'none': that is for a mail server on this machine only.")
    if host and "@" not in sender:
        raise ValueError("LANTERN_MAIL_FROM is not an e-mail address: mails need one that they come from.")
    port = _read_port(environment.get("LANTERN_SMTP_PORT") or str(SECURITIES[security]), "LANTERN_SMTP_PORT")
    return MailSettings(
        host=host, port=port, security=security, login=environment.get("LANTERN_SMTP_USER", ""), sender=sender,
        password_file=_read_path(environment.get("LANTERN_SMTP_PASSWORD_FILE", "")),
        authority_file=_read_path(environment.get("LANTERN_SMTP_CA_FILE", "")),
    )  # fmt: skip


CHANNELS = ("sms", "voice")  # what a telephone gateway is asked to do


def read_alarm_settings(environment: Mapping[str, str]) -> AlarmSettings:
    """The steps of an alarm, and the telephone gateway."""
    url = environment.get("LANTERN_TELEPHONE_URL", "").strip()
    channel = environment.get("LANTERN_TELEPHONE_CHANNEL", "sms").lower()
    steps = environment.get("LANTERN_ALARM_STEPS", "").strip()
    if channel not in CHANNELS:
        raise ValueError(f"LANTERN_TELEPHONE_CHANNEL is {channel!r}: give 'sms' or 'voice'.")
    host = urlsplit(url).hostname or ""
    if url and not (url.startswith("https://") or (url.startswith("http://") and host in LOOPBACK_HOSTS)):
        raise ValueError("LANTERN_TELEPHONE_URL: give an https address, or http on this machine.")
    try:
        ladder = read_ladder(steps) if steps else DEFAULT_LADDER
    except ValueError as error:
        raise ValueError(f"LANTERN_ALARM_STEPS: {error}") from error
    return AlarmSettings(
        ladder=ladder,
        url=url,
        token_file=_read_path(environment.get("LANTERN_TELEPHONE_TOKEN_FILE", "")),
        channel=channel,
    )


def read_openid_settings(environment: Mapping[str, str]) -> OpenIdSettings:
    """The organisation's sign-in that an environment names. Its secret comes from a file, never from the environment."""
    issuer = environment.get("LANTERN_OIDC_ISSUER", "").strip()
    if not issuer:
        return OpenIdSettings()
    parts = urlsplit(issuer)
    if not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS)):
        raise ValueError(f"LANTERN_OIDC_ISSUER is {issuer!r}: give the address that begins with https://.")
    registered_as = environment.get("LANTERN_OIDC_CLIENT_ID", "").strip()
    if not registered_as:
        raise ValueError("LANTERN_OIDC_CLIENT_ID is empty: give the id that this server is registered under.")
    if not environment.get("LANTERN_PUBLIC_URL"):
        raise ValueError("LANTERN_PUBLIC_URL is empty: the organisation's sign-in needs an address to come back to.")
    file = _read_path(environment.get("LANTERN_OIDC_CLIENT_SECRET_FILE", ""))
    try:
        secret = file.read_text().strip() if file else ""
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"LANTERN_OIDC_CLIENT_SECRET_FILE cannot be read: {type(error).__name__}.") from error
    return OpenIdSettings(
        issuer=issuer,
        registered_as=registered_as,
        secret=secret,
        secret_file=file,
        name=environment.get("LANTERN_OIDC_NAME", "").strip() or OpenIdSettings.name,
    )


def _read_zone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"LANTERN_TIMEZONE is {text!r}: give a zone such as Europe/London.") from error


def _read_path(text: str) -> Path | None:
    return Path(text) if text else None


def _read_url(text: str) -> str:
    if text and not text.startswith(("http://", "https://")):
        raise ValueError(
            f"LANTERN_PUBLIC_URL is {text!r}: give the address of the pages, such as https://lantern.example."
        )
    return text


def _read_proxies(text: str) -> str:
    """Raises ValueError for what is no address and no network; above all for `*`, by which anybody could name an address."""
    named = [each.strip() for each in text.split(",") if each.strip()]
    for each in named:
        try:
            ip_network(each)
        except ValueError as error:
            raise ValueError(
                f"LANTERN_TRUSTED_PROXIES names {each!r}: give addresses or networks, such as 10.0.0.5 or 10.0.0.0/24."
            ) from error
    return ",".join(named)


def _read_port(text: str, name: str = "LANTERN_PORT") -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 5) or not 0 <= int(text) <= 65_535:
        raise ValueError(f"{name} is {text!r}: give a port number from 0 to 65535.")
    return int(text)


def _read_metrics(text: str) -> tuple[str, int]:
    if not text:
        return "", 0
    host, _, port = text.rpartition(":")
    return host.strip("[]") or "127.0.0.1", _read_port(port, "LANTERN_METRICS")


def _read_gibibytes(name: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 5) or int(text) == 0:
        raise ValueError(f"{name} is {text!r}: give a whole number of GiB from 1 on.")
    return int(text) * 1024**3


def _read_command(name: str, text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise ValueError(f"{name} is no command: {error}.") from error


def _read_log(text: str) -> bool:
    kinds = {"": False, "plain": False, "json": True}
    if text.lower() not in kinds:
        raise ValueError(f"LANTERN_LOG is {text!r}: give 'plain' or 'json'.")
    return kinds[text.lower()]


def _read_switch(name: str, text: str) -> bool:
    switches = {"": False, "0": False, "no": False, "off": False, "1": True, "yes": True, "on": True}
    if text.lower() not in switches:
        raise ValueError(f"{name} is {text!r}: give 'on' or 'off'.")
    return switches[text.lower()]
