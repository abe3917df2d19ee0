"""What the settings alone tell. Pure."""

from collections.abc import Iterator
from ipaddress import ip_network
from urllib.parse import urlsplit

from server.condition.finding import Finding, look, unsafe, well
from server.database.engine import parse_url
from server.settings import LOOPBACK_HOSTS, Settings

WIDEST_PROXIES = 256
"""More addresses than these are no proxies of one's own, but a network in which others stand too."""
ENCRYPTED = frozenset({"require", "verify-ca", "verify-full"})


def look_at_settings(settings: Settings) -> Iterator[Finding]:
    """Address, https, second factor, secret, proxies, phones, and the line to the database."""
    yield _address(settings)
    yield _https(settings)
    yield (
        well("second factor", "Everybody is asked for a second factor.")
        if settings.second_factor
        else unsafe("second factor", "LANTERN_SECOND_FACTOR is off: a guessed password opens every record. Set it on.")
    )
    if settings.secret_before:
        yield look(
            "secret", "LANTERN_SECRET_BEFORE is still set: remove it two hours after the last machine was restarted."
        )
    yield _proxies(settings)
    if settings.weak_phones:
        yield look("phones", "LANTERN_WEAK_PHONES is on: phones that show signs of root may enrol. Is it still needed?")
    yield _database_line(settings)
    if settings.one_role:
        yield unsafe(
            "one role",
            "LANTERN_ONE_ROLE is on: the server starts although PostgreSQL would not hold it back. Only to try Lantern out.",
        )
    if settings.ledger_copy is None:
        yield look("ledger", "LANTERN_LEDGER_COPY names no second place for orders of hiding, erasing and wiping.")


def _address(settings: Settings) -> Finding:
    if not settings.public_url:
        return unsafe("address", "LANTERN_PUBLIC_URL is not set: links in mails and on phones would lead nowhere.")
    if urlsplit(settings.public_url).scheme != "https":
        return unsafe(
            "address", "LANTERN_PUBLIC_URL begins with http: phones refuse it, and anybody between could read."
        )
    if urlsplit(settings.public_url).hostname in LOOPBACK_HOSTS:
        return unsafe("address", "LANTERN_PUBLIC_URL names this machine itself: nobody else can reach it.")
    return well("address", f"Links lead to {settings.address}.")


def _https(settings: Settings) -> Finding:
    if not settings.https:
        return unsafe("https", "LANTERN_HTTPS is off: end TLS in a proxy, and set it on.")
    if not settings.is_loopback:
        return look(
            "https",
            f"The server listens on {settings.host}, in plain http: see that nobody but the proxy reaches that port.",
        )
    return well("https", "Only a proxy on this machine reaches the server; sessions go by https alone.")


def _proxies(settings: Settings) -> Finding:
    named = [ip_network(each) for each in settings.trusted_proxies.split(",") if each]
    if not named:
        return look("proxies", "LANTERN_TRUSTED_PROXIES names nobody: everybody shares one limit of sign-ins.")
    if wide := [str(each) for each in named if each.num_addresses > WIDEST_PROXIES]:
        return unsafe(
            "proxies", f"LANTERN_TRUSTED_PROXIES believes all of {', '.join(wide)}: name the proxies themselves."
        )
    return well("proxies", f"Who asks is believed from {settings.trusted_proxies} alone.")


def _database_line(settings: Settings) -> Finding:
    url = parse_url(settings.database)
    if url.get_backend_name() == "sqlite":
        return look("database line", "The database is SQLite: one process. Serve a county from PostgreSQL.")
    host = str(url.query.get("host", url.host or ""))
    if not host or host.startswith("/") or host in LOOPBACK_HOSTS:
        return well("database line", "The database is on this machine.")
    if url.query.get("sslmode") not in ENCRYPTED:
        return unsafe("database line", f"The line to the database on {host} may be plain: add ?sslmode=verify-full.")
    return well("database line", f"The line to the database on {host} is encrypted.")
