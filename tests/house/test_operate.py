"""The operator's guide: what it tells to type exists, its files hold together, and it knows every setting."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench.install import ELSEWHERE, IN_PLACE_OF, read_steps, write_script
from server.cli import COMMANDS
from server.settings import DOCUMENT_FORM_BYTES, Settings
from tests.house.test_docs import find_missing_command, read_commands
from tests.paths import ROOT

GUIDE = ROOT / "docs" / "operate"
FILES = GUIDE / "files"
PAGES = sorted((ROOT / "docs").rglob("*.md"))
DEFAULTS = Settings(data=Path("data"), database="sqlite:///none")
LARGEST_BODY = max(DEFAULTS.sync_body_bytes, DEFAULTS.page_body_bytes, DOCUMENT_FORM_BYTES)
MIB = 1024 * 1024
TIMEOUT_S = 60


def read_settings_named(text: str) -> set[str]:
    return set(re.findall(r"LANTERN_[A-Z_]*[A-Z]", text))


def check(*command: str) -> str:
    """Runs a checker of somebody else's; returns what it says."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_every_command_by_the_wrapper_exists() -> None:
    named = [
        (page.name, words)
        for page in PAGES
        for command in read_commands(page.read_text())
        for words in re.findall(r"as-lantern ([a-z][^|]*)$", command)
    ]

    assert len(named) > 4
    assert [each for each in named if each[1].split()[0] not in COMMANDS or find_missing_command(each[1].split())] == []


def test_every_file_that_the_guide_names_is_there() -> None:
    text = (GUIDE / "README.md").read_text().replace("lantern-backup.*", "").replace("lantern-base.*", "")
    named = set(re.findall(r"\bfiles/([\w.-]+\w)", text)) | set(re.findall(r"psql .*-f ([\w.]+\.sql)", text))

    assert len(named) > 6
    assert {name for name in named if not (FILES / name).is_file()} == set()


def test_the_guide_uses_every_file() -> None:
    told = (GUIDE / "README.md").read_text() + (GUIDE / "settings.md").read_text()

    assert {path.name for path in FILES.iterdir() if path.stem not in told} == set()


def test_every_setting_is_on_the_page_of_settings_and_no_other() -> None:
    read = read_settings_named((ROOT / "server" / "settings.py").read_text())
    told = set(re.findall(r"^\| `(LANTERN_[A-Z_]+)`", (GUIDE / "settings.md").read_text(), re.MULTILINE))

    assert told == read


def test_every_file_names_settings_that_exist() -> None:
    read = read_settings_named((ROOT / "server" / "settings.py").read_text())
    named = {(path.name, name) for path in FILES.iterdir() for name in read_settings_named(path.read_text())}

    assert {each for each in named if each[1] not in read} == set()


def test_the_example_of_settings_can_be_read_as_it_stands() -> None:
    from server.settings import read_settings

    lines = [line for line in (FILES / "lantern.env").read_text().splitlines() if line and not line.startswith("#")]
    settings = read_settings(dict(line.split("=", 1) for line in lines))

    assert settings.https and settings.second_factor and settings.public_url.startswith("https://")


def test_both_proxies_let_through_the_largest_thing_that_is_taken() -> None:
    (nginx,) = re.findall(r"client_max_body_size (\d+)m;", (FILES / "nginx.conf").read_text())
    (caddy,) = re.findall(r"max_size (\d+)MB", (FILES / "Caddyfile").read_text())

    assert int(nginx) * MIB >= LARGEST_BODY
    assert int(caddy) * 1_000_000 >= LARGEST_BODY


def test_nginx_says_itself_who_asks() -> None:
    text = (FILES / "nginx.conf").read_text()

    assert "X-Forwarded-For $remote_addr" in text
    assert "$proxy_add_x_forwarded_for" not in text


@pytest.mark.parametrize(
    "unit", ["lantern.service", "lantern-backup.service", "lantern-wal.service", "lantern-base.service"]
)
def test_a_unit_is_hardened(unit: str) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not on this machine")
    said = check("systemd-analyze", "security", "--offline=true", str(FILES / unit))

    (exposure,) = re.findall(r"Overall exposure level for \S+: ([\d.]+)", said)
    assert float(exposure) <= 2.5


def test_the_timer_names_a_time() -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not on this machine")
    (when,) = re.findall(r"^OnCalendar=(.+)$", (FILES / "lantern-backup.timer").read_text(), re.MULTILINE)

    assert "Next elapse" in check("systemd-analyze", "calendar", when)


def test_caddy_takes_its_file() -> None:
    if shutil.which("caddy") is None:
        pytest.skip("caddy is not on this machine")

    assert "Valid configuration" in check(
        "caddy", "validate", "--adapter", "caddyfile", "--config", str(FILES / "Caddyfile")
    )


def test_nginx_takes_its_file(tmp_path: Path) -> None:
    if shutil.which("nginx") is None or shutil.which("openssl") is None:
        pytest.skip("nginx is not on this machine")
    key, certificate = tmp_path / "privkey.pem", tmp_path / "fullchain.pem"
    check(
        *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=lantern.example.org"),
        *("-keyout", str(key), "-out", str(certificate)),
    )
    text = (FILES / "nginx.conf").read_text()
    text = text.replace("/etc/letsencrypt/live/lantern.example.org", str(tmp_path)).replace(
        "/var/log/nginx", str(tmp_path)
    )
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    rooms = "\n".join(f"{kind}_temp_path {tmp_path}/{kind};" for kind in kinds)
    whole = tmp_path / "whole.conf"
    whole.write_text(
        f"pid {tmp_path}/pid;\nerror_log {tmp_path}/error.log;\nevents {{}}\nhttp {{\n{rooms}\n{text}\n}}\n"
    )

    assert "test is successful" in check("nginx", "-t", "-p", str(tmp_path), "-c", str(whole))


def test_the_container_serves_what_the_unit_serves() -> None:
    """No container was built here; what can be read is read."""
    container = (FILES / "Containerfile").read_text()
    (ran,) = re.findall(r"^CMD \[(.+)\]$", container, re.MULTILINE)
    (unit,) = re.findall(r"^ExecStart=\S+/lantern (.+)$", (FILES / "lantern.service").read_text(), re.MULTILINE)

    assert [word.strip(' "') for word in ran.split(",")] == ["lantern", *unit.split()]
    assert re.search(r"^USER (?!root|0)", container, re.MULTILINE)
    for copied in re.findall(r"^COPY (?!--from)(\S+)", container, re.MULTILINE):
        assert (ROOT / copied).exists()


def test_the_guide_is_followed_word_by_word() -> None:
    """`bench.install` types what stands in the guide: nothing is passed over, and what it replaces is there."""
    steps = read_steps((GUIDE / "README.md").read_text())
    script = write_script(steps)
    commands = [command for step in steps for command in step.commands]

    assert len(commands) > 30
    assert [each for each in IN_PLACE_OF if not any(each in command for command in commands)] == []
    untyped = [each for each in commands if f"$ {each}" not in script and not any(old in each for old in IN_PLACE_OF)]
    assert set(untyped) == {
        *ELSEWHERE,
        "sudo apt-get install --no-install-recommends caddy",
        "sudo cp /opt/lantern/docs/operate/files/Caddyfile /etc/caddy/Caddyfile",
        "sudo systemctl reload caddy",
    }
    check("bash", "-n", "-c", script)


def test_the_container_file_is_linted() -> None:
    """But for versions of Debian's packages: those are the distribution's newest, with its corrections."""
    hadolint = shutil.which("hadolint") or shutil.which(str(Path(sys.executable).with_name("hadolint")))
    if hadolint is None:
        pytest.skip("hadolint is for Linux on x86-64")

    check(hadolint, "--ignore", "DL3008", str(FILES / "Containerfile"))


def test_what_the_shell_runs_is_linted() -> None:
    if shutil.which("shellcheck") is None:
        pytest.skip("shellcheck is not on this machine")
    scripts = [*(ROOT / "scripts").rglob("*.sh"), *(FILES / name for name in ("as-lantern", "back-up", "keep-wal"))]

    assert len(scripts) > 8
    check("shellcheck", "--severity=warning", *map(str, scripts))
