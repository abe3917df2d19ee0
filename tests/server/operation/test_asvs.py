"""What OWASP ASVS 5.0 asks and no other test shows (`docs/asvs.csv` names the test of each item)."""

import ast
import io
import re
import socket
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from litestar.testing import TestClient
from sqlalchemy import select

from server.app import create_app
from server.database.columns import metadata
from server.database.engine import Database
from server.http.systems import is_for_systems
from server.importers.caseload.grid import read_file
from server.importers.files import UnusableFile
from server.tables.operation.audit import audit
from shared.policy import Act
from tests.conftest import Clock
from tests.house.tree import parse
from tests.paths import ROOT
from tests.server.cast import PASSWORD, Cast, email_of, make_settings
from tests.server.conftest import post_sign_in
from tests.server.live import listening
from tests.server.operation.test_bad_values import SignIn, filled, list_pages
from tests.server.operation.test_signin import PAGE, post_form
from tests.server.phone import Phone
from tests.server.running import lend_app

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}${7*7}'
TWICE = "%3Cb%3E&lt;i&gt;"


@pytest.fixture
def told(phone: Phone, new_id: Callable[[], str]) -> str:
    """Somebody of whom everything that can be said is hostile."""
    marek = new_id()
    patch = phone.patch(
        "person.patched", marek, name=HOSTILE[:200], alias=TWICE, description=HOSTILE, wants_first=HOSTILE
    )
    contact = phone.contact(person_ids=[marek], note=HOSTILE, next_step=HOSTILE)
    assert phone.push(patch, contact).status_code == 200
    return marek


def pages(client: TestClient[Any], person_id: str) -> Iterator[tuple[str, Any]]:
    """Every page that this reader is shown when they ask for it."""
    for path, handler in list_pages(client):
        if "GET" in handler.http_methods:
            answer = client.get(filled(path, person_id, person_id), headers=PAGE, follow_redirects=False)
            if answer.status_code == 200:
                yield path, answer


# --------------------------------------------------------------------------------------------------- words, as they came


@pytest.mark.parametrize("who", ["priya", "tom", "aisha"])
def test_hostile_words_are_text_on_every_page(sign_in: SignIn, cast: Cast, told: str, who: str) -> None:
    seen = 0
    for path, answer in pages(sign_in(getattr(cast, who)), told):
        if answer.headers["content-type"].startswith("text/html"):
            assert "<script>alert(1)" not in answer.text and "<img src=x" not in answer.text, path
            assert "49" not in re.findall(r"\}(\d+)\$|\$(\d+)", answer.text), path
            seen += "alert(1)" in answer.text
    assert seen >= 1


def test_what_is_encoded_twice_is_decoded_once(sign_in: SignIn, cast: Cast, told: str) -> None:
    page = sign_in(cast.tom).get(f"/people/{told}", headers=PAGE).text
    assert "%3Cb%3E&amp;lt;i&amp;gt;" in page


def test_each_answer_names_its_type_and_its_letters(sign_in: SignIn, cast: Cast, told: str) -> None:
    kinds = set()
    for path, answer in pages(sign_in(cast.priya), told):
        kind = answer.headers["content-type"]
        kinds.add(kind.split(";")[0])
        assert not kind.startswith("text/") or "charset=utf-8" in kind.lower(), path
    assert "text/html" in kinds


def test_a_download_has_a_name_of_ours(sign_in: SignIn, cast: Cast, told: str) -> None:
    client = sign_in(cast.priya)
    found = [
        answer.headers["content-disposition"]
        for _, answer in pages(client, told)
        if "content-disposition" in answer.headers
    ]
    tracker = client.get(f"/cases/tracker.xlsx?district={cast.watford.id}", headers=PAGE)
    found += [tracker.headers[name] for name in ("content-disposition",) if name in tracker.headers]
    for each in found:
        assert re.fullmatch(r'(attachment|inline); filename="?[A-Za-z0-9._-]+"?', each), each


# -------------------------------------------------------------------------------------------------------- what stands open


def test_asking_for_a_page_changes_nothing_but_who_looked(
    sign_in: SignIn, cast: Cast, told: str, database: Database
) -> None:
    client = sign_in(cast.priya)
    before = everything(database)
    assert len(list(pages(client, told))) >= 10
    changed = {name for name, rows in everything(database).items() if rows != before[name]}
    # How often an address asked what is open to everybody is counted too (`server.web.open311`): a hash and a number.
    assert changed <= {"audit", "sign_in_session", "rate_limit"}


def everything(database: Database) -> dict[str, list[str]]:
    with database.reading() as session:
        return {table.name: sorted(map(repr, session.execute(select(table)).all())) for table in metadata.sorted_tables}


def test_every_page_has_a_way_out(sign_in: SignIn, cast: Cast, told: str) -> None:
    missing = []
    for path, answer in pages(sign_in(cast.priya), told):
        if answer.headers["content-type"].startswith("text/html") and "/sign-out" not in answer.text:
            missing.append(path)
    for_everybody = {"/notice", "/notice/status"}
    assert [
        each
        for each in missing
        if each not in for_everybody
        and not each.startswith(
            ("/schema", "/sign-in", "/welcome", "/report", "/figures", "/wall", "/on-shift/now", "/pocket")
        )
    ] == []


def test_no_other_site_is_let_in(client: TestClient[Any]) -> None:
    for method in ("GET", "OPTIONS", "POST"):
        evil = {"origin": "https://evil.example", "access-control-request-method": "POST"}
        headers = client.request(method, "/sign-in", headers=evil).headers
        assert not [name for name in headers if name.startswith("access-control-")]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"


def test_behind_https_browsers_are_told_to_come_by_https_alone(
    database_url: str, tmp_path: Path, clock: Clock, new_id: Callable[[], str], cast: Cast
) -> None:
    settings = make_settings(database_url, tmp_path / "other", https=True)
    with TestClient(create_app(settings, clock, new_id), base_url="https://testserver.local") as far:
        for path in ("/sign-in", "/no-such-page", "/health"):
            assert far.get(path).headers["strict-transport-security"] == "max-age=63072000; includeSubDomains"


@pytest.mark.parametrize(
    "path",
    [
        "/.git/config",
        "/pyproject.toml",
        "/static/",
        "/static/vendor/",
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/keys",
    ],
)
def test_no_file_of_the_tree_and_no_list_of_files_is_served(path: str, client: TestClient[Any]) -> None:
    assert client.get(path, follow_redirects=False).status_code in {303, 401, 403, 404, 405}


def test_trace_is_not_answered(client: TestClient[Any]) -> None:
    assert client.request("TRACE", "/sign-in").status_code in {404, 405}


def test_a_field_that_a_form_has_not_is_refused(sign_in: SignIn, cast: Cast, database: Database) -> None:
    client = sign_in(cast.priya)
    answer = post_form(client, "/account/password", old=PASSWORD, new="x", again="x", roles="administrator")
    assert answer.status_code == 400


def test_a_parameter_that_comes_twice_confuses_nobody(client: TestClient[Any], cast: Cast) -> None:
    client.get("/sign-in", headers=PAGE)
    token = client.cookies["lantern-form"]
    twice = f"email={email_of(cast.tom)}&email={email_of(cast.priya)}&password={PASSWORD}&_csrf_token={token}"
    headers = PAGE | {"content-type": "application/x-www-form-urlencoded"}
    assert client.post("/sign-in", content=twice, headers=headers, follow_redirects=False).status_code == 400
    assert client.get("/sign-in?next=/a&next=//evil.example", headers=PAGE).status_code in {200, 400}


def test_where_a_request_ends_is_not_in_doubt(
    settings: Any, clock: Clock, new_id: Callable[[], str], cast: Cast
) -> None:
    """Two lengths, or a length and pieces: refused, and nothing behind it is taken for another request."""
    lengths = [b"Content-Length: 5\r\nContent-Length: 6\r\n", b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"]
    behind = b"0\r\n\r\nGET /alive HTTP/1.1\r\nHost: x\r\n\r\n"
    with lend_app(settings, clock, new_id) as app, listening(app) as address:
        there = (urlsplit(address).hostname or "", urlsplit(address).port or 0)
        for both in lengths:
            heard = say(there, b"POST /sign-in HTTP/1.1\r\nHost: x\r\n" + both + b"\r\n" + behind)
            assert heard.count(b"HTTP/1.1 ") == 1, heard[:300]
            assert heard.startswith(b"HTTP/1.1 400")
        for path, status in ((b"/%73ign-in", b"200"), (b"/%2573ign-in", b"404")):
            heard = say(
                there, b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\nConnection: close\r\n\r\n"
            )
            assert heard.startswith(b"HTTP/1.1 " + status), (path, heard[:200])


def say(there: tuple[str, int], words: bytes) -> bytes:
    with socket.create_connection(there, timeout=30) as line:
        line.sendall(words)
        heard = b""
        while piece := line.recv(65536):
            heard += piece
    return heard


# -------------------------------------------------------------------------------------------------------------- passwords


def test_a_field_for_a_password_hides_it_and_lets_a_manager_fill_it(sign_in: SignIn, cast: Cast, client: Any) -> None:
    shown = client.get("/sign-in", headers=PAGE).text + sign_in(cast.priya).get("/account", headers=PAGE).text
    fields = re.findall(r'<input[^>]*name="(?:password|old|new|again)"[^>]*>', shown)
    assert len(fields) >= 5
    for field in fields:
        assert 'type="password"' in field
        assert re.search(r'autocomplete="(current|new)-password"', field)
        assert "onpaste" not in field and "maxlength" not in field


def test_a_password_is_taken_to_the_letter_and_as_long_as_it_is(client: TestClient[Any], cast: Cast) -> None:
    long = " Żółw gravel otter lamp tuesday " + "quartz anvil meadow " * 4
    post_sign_in(client, email_of(cast.priya), PASSWORD)
    assert post_form(client, "/account/password", old=PASSWORD, new=long, again=long).status_code == 303
    for typed, status in ((long[:72], 401), (long.strip(), 401), (long.casefold(), 401), (long, 303)):
        assert post_sign_in(client, email_of(cast.priya), typed).status_code == status


def test_a_password_of_three_years_still_lets_in(client: TestClient[Any], cast: Cast, clock: Clock) -> None:
    clock.advance(days=3 * 365)
    assert post_sign_in(client, email_of(cast.olu), PASSWORD).status_code == 303


# ----------------------------------------------------------------------------------------------------- what the code holds

CODE = [path for room in ("server", "shared", "sync", "mobile") for path in sorted((ROOT / room).rglob("*.py"))]


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{name.name}" for name in node.names}
    return found


def where(uses: Callable[[set[str]], bool]) -> set[str]:
    return {path.relative_to(ROOT).as_posix() for path in CODE if uses(imported(path))}


def test_no_module_speaks_to_a_shell_or_runs_text() -> None:
    runs = {
        "eval",
        "exec",
        "compile",
        "os.system",
        "os.popen",
        "importlib.util.exec",
        "Template",
        "from_string",
        "pickle.loads",
    }
    found = {
        (path.name, name) for path in CODE for name, _ in calls(path) if name.split(".")[-1] in runs or name in runs
    }
    assert {each for each in found if each[1] not in {"re.compile", "typst.compile"}} == set()
    shells = [path.name for path in CODE for _, call in calls(path) for word in call.keywords if word.arg == "shell"]
    assert shells == []


def test_cryptography_comes_from_libraries_alone() -> None:
    weak = re.compile(r"\b(md5|MD5|ECB|PKCS1v15|DES|RC4|ARC4|Blowfish)\b")
    assert [path.name for path in CODE if weak.search(path.read_text())] == []
    sha1 = {path.relative_to(ROOT).as_posix() for path in CODE if re.search(r"\bsha1\b|\bSHA1\b", path.read_text())}
    assert sha1 <= {"server/security/totp.py"}, "RFC 6238 asks for it, within an HMAC"


def test_secrets_come_from_the_systems_own_chance() -> None:
    """The chance that can be seeded makes invented data, and the waits of phones; what nobody may guess comes from `secrets`."""
    seeded = where(lambda names: bool(names & {"random", "random.Random"}) and "random.SystemRandom" not in names)
    assert {each for each in seeded if not each.startswith(("server/demo/", "server/hotspots/"))} <= {
        "mobile/syncing/service.py", "server/actions/partnership/publications.py",
    }  # fmt: skip
    short = []
    for path in CODE:
        for name, call in calls(path):
            if name in {"secrets.token_urlsafe", "secrets.token_bytes", "secrets.token_hex"} and call.args:
                size = call.args[0]
                if isinstance(size, ast.Constant) and isinstance(size.value, int) and size.value < 16:
                    short.append(f"{path.name} {size.value}")
    assert short == []


def test_the_server_speaks_to_others_in_known_modules_and_follows_no_redirect() -> None:
    """A mail server, a gateway of telephones, a provider of accounts, another Open311 server: each named by a setting, none by
    what somebody typed. Where hooks go is said at the terminal: `outgoing`, which speaks to the gateway too, goes to the public
    network and to hosts that an operator named (tests/server/security/test_outgoing.py).
    """
    lines = {"httpx", "smtplib", "urllib.request", "http.client", "requests", "socket", "aiohttp"}
    speaking = {each for each in where(lambda names: bool(names & lines)) if each.startswith("server/")}
    assert speaking == {
        "server/cli/demo.py", "server/cli/field.py", "server/mail/smtp.py",
        "server/importers/open311/client.py", "server/importers/openreferral/fetch.py", "server/security/openid.py",
        "server/security/outgoing.py",
    }  # fmt: skip
    assert "HTTPRedirectHandler" in (ROOT / "server/importers/open311/client.py").read_text()
    for name, call in calls(ROOT / "server/security/openid.py"):
        if name.startswith("httpx.stream"):
            assert "follow_redirects=False" in ast.unparse(call)


# ------------------------------------------------------------------------------------------------------ files and records


def test_a_workbook_loads_nothing_from_outside(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("TOP-SECRET")
    seed = (ROOT / "tests/fuzz/corpus/files/book.xlsx").read_bytes()
    entity = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{secret}">]>'
    laughs = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "' + "&a;" * 1_000 + '"><!ENTITY e "' + "&b;" * 10_000 + '">]>'
    for told in (entity, laughs):
        made = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(seed)) as book, zipfile.ZipFile(made, "w") as spoilt:
            for name in book.namelist():
                text = book.read(name).decode()
                if name.endswith(("sharedStrings.xml", "sheet1.xml")):
                    text = re.sub(r"(<\?xml[^>]*\?>)?", lambda found, told=told: (found[0] or "") + told, text, count=1)
                    text = text.replace("Red", "&e;")
                spoilt.writestr(name, text)
        try:
            read = repr(read_file(made.getvalue()))
        except UnusableFile:
            continue
        assert "TOP-SECRET" not in read and "hahaha" not in read


def test_times_on_record_are_in_utc(sign_in: SignIn, cast: Cast, database: Database, clock: Clock) -> None:
    sign_in(cast.priya)
    with database.reading() as session:
        times = list(session.scalars(select(audit.c.at)))
    assert times
    assert {each.utcoffset().total_seconds() for each in times} == {0}
    assert max(times) <= clock()


def test_no_script_of_ours_writes_where_a_name_that_came_says() -> None:
    """Nothing that arrives can reach what every object inherits: names that are not ours become keys of a Map."""
    computed = r"[\w\])]\[[A-Za-z_$][\w.$]*\]\s*(?:\?\?|\|\||&&)?=(?!=)"
    inherited = r"__proto__|\.prototype\b|Object\.assign\((?!this\.state, \{)|for \([^)]* in "
    risky = re.compile(f"{computed}|{inherited}")
    scripts = [path for path in (ROOT / "server" / "web" / "static").rglob("*.js") if "vendor" not in path.parts]
    found = {
        (path.name, line.strip()) for path in scripts for line in path.read_text().splitlines() if risky.search(line)
    }
    assert len(scripts) > 20
    assert found == set()
    assert all(
        risky.search(each) for each in ("a[key] = 1", "a.b[x.y] ??= 1", "Object.assign(a, b)", "for (const k in b) {")
    )


def test_both_proxies_lead_browsers_from_http_to_https_and_no_machine(client: TestClient[Any]) -> None:
    """A phone or a system that is set up with http would go on sending its secrets in clear, and nobody would see it."""
    files = ROOT / "docs" / "operate" / "files"
    (nginx,) = re.findall(r"location ~ (\S+) \{ return 403; \}", (files / "nginx.conf").read_text())
    (caddy,) = re.findall(r"@machines path (.+)", (files / "Caddyfile").read_text())
    refused_by_caddy = tuple(each.rstrip("*") for each in caddy.split())
    machines = {
        route.path
        for route in client.app.routes
        for each in getattr(route, "route_handlers", ())
        if each.opt.get("action") is Act.SYNC
        or is_for_systems(each)
        or route.path.startswith(("/open311", "/open-referral", "/api/v1/token"))
    }
    pages = {path for path, _ in list_pages(client)} - machines
    assert len(machines) > 20 and "/sign-in" in pages
    for refused in (lambda path: re.match(nginx, path) is not None, lambda path: path.startswith(refused_by_caddy)):
        assert [path for path in sorted(machines) if not refused(path)] == []
        assert [path for path in sorted(pages) if refused(path)] == []
