"""From a bare Debian to a served county: `docs/operate/README.md` followed word by word in a system of its own, and timed.

    sudo python -m bench.install FOLDER [--leave] [--registry FILE]...

Debian is made in FOLDER by `debootstrap` (used again where it is there). Then the commands of the guide's steps are typed as they
stand, one after the other, by root in a mount and process namespace of its own; the first that fails ends it. What is not as on a
council's machine is the list `IN_PLACE_OF`, and `systemctl`, which stands in for an init system: it starts what a unit starts, as
its user and with its settings, without its hardening. `--registry` names files that this machine needs to reach its registries.

It takes the ports 80, 443, 5432 and 8000 of this machine while it runs, and ends with all that it started.
"""

import argparse
import itertools
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.paths import ROOT

GUIDE = ROOT / "docs" / "operate" / "README.md"
RESULT = ROOT / "bench" / "results" / "run.json"
STEPS = (
    "1. Packages", "2. Lantern itself", "3. The database", "4. Settings", "5. The schema, and the first administrator",
    "6. The service", "7. The door to the world", "8. Prove it",
)  # fmt: skip
BY_NGINX = ("apt-get install --no-install-recommends caddy", "/etc/caddy/Caddyfile", "systemctl reload caddy")
"""Caddy fetches its certificate from the internet: the other road is taken."""
ELSEWHERE = (".venv/bin/python -m build --wheel",)
"""For a machine that reaches no registry."""
BARE = "adduser,ca-certificates,sudo,systemd,apt-utils"
"""What a Debian that was installed from its own medium has, and debootstrap's smallest has not."""
ADMINISTRATOR = "--agency 'Watford Borough Council' --name 'Helen Marsh' --email helen@example.org"
IN_PLACE_OF = {
    "ADDRESS-OF-THE-RELEASE": "/release",
    r"sudo -u postgres psql -c '\password lantern_owner'": (
        "sudo -u postgres psql -c \"ALTER ROLE lantern_owner PASSWORD '$OWNER'\""
    ),
    r"sudo -u postgres psql -c '\password lantern_app'": "sudo -u postgres psql -c \"ALTER ROLE lantern_app PASSWORD '$APP'\"",
    "sudo as-lantern setup": f"sudo as-lantern setup {ADMINISTRATOR}",
}
"""Typed by hand at a prompt, or named otherwise for each council."""
AFTER = {
    # Debian's packages start PostgreSQL by the init system.
    "1. Packages": "pg_lsclusters -h | grep -q online || pg_ctlcluster 15 main start",
    # “Edit lantern.env …”
    "4. Settings": r"""
OWNER=$(cat /srv/owner) APP=$(cat /srv/app)
sed -i "s/PASSWORD-OF-THE-APPLICATION/$APP/" /etc/lantern/lantern.env
sed "s/lantern_app:.*@/lantern_owner:$OWNER@/" /etc/lantern/lantern.env > /etc/lantern/owner.env
""",
    "6. The service": "wait_for curl --silent --fail --output /dev/null http://127.0.0.1:8000/ready",
    "7. The door to the world": "wait_for curl --silent --fail --insecure --output /dev/null https://lantern.example.org/sign-in",
}
BEFORE = {
    "3. The database": """
for role in owner app; do openssl rand -hex 32 >/srv/$role; done
OWNER=$(cat /srv/owner) APP=$(cat /srv/app)
""",
    # “A certificate of yours”, and a host name that leads here.
    "7. The door to the world": """
echo '127.0.0.1 lantern.example.org' >>/etc/hosts
mkdir -p /etc/letsencrypt/live/lantern.example.org
cd /etc/letsencrypt/live/lantern.example.org
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=lantern.example.org -keyout privkey.pem -out fullchain.pem 2>/dev/null
""",
    # A backup is made each night; on the first day the timer is not waited for.
    "8. Prove it": "systemctl start lantern-backup.service",
}
SYSTEMCTL = r"""#!/bin/bash
# Stands in for an init system: starts what a unit starts, as its user and with its settings, and nothing of its hardening.
set -eu
words=(); for word in "$@"; do case "$word" in --*) ;; *) words+=("$word") ;; esac; done
verb=${words[0]}
for unit in "${words[@]:1}"; do
    unit=${unit%.service}; file=/etc/systemd/system/$unit.service
    case "$verb:$unit" in
        *:*.timer) echo "(no timer runs here: $unit)" ;;
        reload:nginx | restart:nginx) nginx -s reload 2>/dev/null || nginx ;;
        stop:*) kill -TERM "$(cat "/run/$unit.pid")" ;;
        enable:* | start:*)
            read_of() { sed -n "s/^$1=//p" "$file" | tail -n 1; }
            mapfile -t settings < <(grep -v '^#' "$(read_of EnvironmentFile)")
            cd "$(read_of WorkingDirectory)"
            run=(runuser -u "$(read_of User)" -- env "${settings[@]}")
            read -ra started <<<"$(read_of ExecStart)"
            if [ "$(read_of Type)" = oneshot ]; then "${run[@]}" "${started[@]}"
            else setsid "${run[@]}" "${started[@]}" >"/var/log/$unit.log" 2>&1 </dev/null & echo $! >"/run/$unit.pid"; fi ;;
    esac
done
"""
FOLLOWING = r"""set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
mkdir -p /run/lock
wait_for() { for _ in $(seq 300); do "$@" && return; sleep 0.2; done; echo "waited for: $*" >&2; return 1; }
began() { echo "STEP $(date +%s.%N) $*"; }
"""


@dataclass(frozen=True)
class Step:
    """One heading of the guide, and what it tells to type."""

    name: str
    commands: tuple[str, ...]


def read_steps(text: str) -> list[Step]:
    """The guide's numbered steps with their commands, in order."""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    told = dict(zip(parts[1::2], parts[2::2], strict=True))
    return [
        Step(
            name,
            tuple(
                line
                for block in re.findall(r"^```\n(.+?)^```", told[name], re.MULTILINE | re.DOTALL)
                for line in block.splitlines()
            ),
        )
        for name in STEPS
    ]


def write_script(steps: list[Step]) -> str:
    """What is typed, as one script that ends where a command fails."""
    return FOLLOWING + "".join(_write(steps)) + "began end\n"


def _write(steps: list[Step]) -> Iterator[str]:
    for step in steps:
        yield f"began {step.name}\n{BEFORE.get(step.name, '')}\n"
        for command in step.commands:
            if command in ELSEWHERE or any(each in command for each in BY_NGINX):
                continue
            for written, typed in IN_PLACE_OF.items():
                command = command.replace(written, typed)
            yes = re.sub(r"\bapt-get install\b", "apt-get install -y -qq", command)
            # The doctor may say “look”: there is no mail account. What is unsafe ends it.
            judged = f"{{ {yes}; }} || [ $? = 1 ]" if "as-lantern doctor" in yes else yes
            yield f"echo {_quote('$ ' + command)}\n{judged}\n"
        yield AFTER.get(step.name, "") + "\n"


def _quote(words: str) -> str:
    return "'" + words.replace("'", "'\\''") + "'"


def make_debian(folder: Path, registry: list[Path]) -> None:
    """Debian, this tree as its release, and what stands in for an init system."""
    if not (folder / "etc" / "debian_version").exists():
        subprocess.run(
            ["debootstrap", "--variant=minbase", f"--include={BARE}", "bookworm", folder], check=True, timeout=1800
        )
    release = folder / "release"
    shutil.rmtree(release, ignore_errors=True)
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", ROOT, release], check=True, timeout=300)
    (folder / "etc" / "gitconfig").write_text("[safe]\n\tdirectory = *\n")
    stand_in = folder / "usr" / "local" / "sbin" / "systemctl"
    stand_in.write_text(SYSTEMCTL)
    stand_in.chmod(0o755)
    for file in (Path("/etc/resolv.conf"), *registry):
        target = folder / file.relative_to("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    # sudo forgets the environment; what names a registry's certificate is kept.
    (folder / "etc" / "sudoers.d" / "registry").write_text('Defaults env_keep += "PIP_CERT NODE_EXTRA_CA_CERTS"\n')


def keep(result: Path, part: str, told: dict[str, Any]) -> None:
    """Write one part of what `bench/results/run.json` tells, beside the others."""
    whole = json.loads(result.read_text()) if result.exists() else {}
    result.write_text(json.dumps(whole | {part: told}, indent=2, sort_keys=True) + "\n")
    print(json.dumps(told, indent=2))


def main() -> None:
    """Follow the guide, and keep how long each step took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--registry", type=Path, action="append", default=[])
    parser.add_argument("--leave", action="store_true", help="Leave FOLDER as it is afterwards.")
    asked = parser.parse_args()
    make_debian(asked.folder.resolve(), asked.registry)
    script = asked.folder / "srv" / "follow"
    script.write_text(write_script(read_steps(GUIDE.read_text())))
    environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/srv"}
    environment |= {name: os.environ[name] for name in ("PIP_CERT", "NODE_EXTRA_CA_CERTS") if name in os.environ}
    said = []
    command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "chroot", asked.folder, "bash", "/srv/follow"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment) as run:
        assert run.stdout is not None
        for line in run.stdout:
            sys.stdout.write(line)
            sys.stdout.flush()
            said.append(line)
    moments = [
        (float(line.split(" ", 2)[1]), line.split(" ", 2)[2].strip()) for line in said if line.startswith("STEP ")
    ]
    if run.returncode or moments[-1][1] != "end":
        sys.exit(f"It ended in “{moments[-1][1] if moments else 'the beginning'}”.")
    seconds = {name: round(after - at, 1) for (at, name), (after, _) in itertools.pairwise(moments)}
    told = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores", "seconds": seconds,
        "minutes": round(sum(seconds.values()) / 60, 1), "load_average": os.getloadavg()[0],
    }  # fmt: skip
    keep(RESULT, "install", told)
    if not asked.leave:
        shutil.rmtree(asked.folder)


if __name__ == "__main__":
    main()
