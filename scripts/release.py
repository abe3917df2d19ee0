"""What a version is published as. `make release` writes into dist/:

    the wheel, built twice from what is committed, in two places; the two are the same bytes, or nothing is written
    sbom.cdx.json   every package that runs, on the server and in browsers: version, hashes, licence (CycloneDX 1.6)
    licences.csv    the same for people
    SHA256SUMS      of all of these: the file that is signed

SIGN=FILE names a secret key of minisign and signs the sums. A key that is on no machine that builds is safer: without SIGN, the
last line says how to sign elsewhere.
"""

import csv
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from base64 import b64decode
from importlib.metadata import PackageNotFoundError, metadata
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements-demo.lock"
BROWSER_LOCK = ROOT / "package-lock.json"
VENDOR = Path("server/web/static/vendor")
UNKNOWN = "not stated"
CLASSIFIER = "License :: OSI Approved :: "
LONGEST_LICENCE = 60
"""Longer is the licence's text, put where its name belongs."""
OFFICE = {"LANG": "C.UTF-8", "TZ": "UTC", "SOURCE_DATE_EPOCH": "1580601600"}
"""What a build must not depend on, said to both."""


def main(target: Path) -> None:
    """Make all of it, in a folder of its own."""
    if subprocess.run(["git", "status", "--porcelain"], cwd=ROOT, capture_output=True, text=True, check=True).stdout:
        sys.exit("Commit first: a release is built from what is committed.")
    target.mkdir(parents=True, exist_ok=True)
    wheel = build_twice(target)
    parts = [*list_parts(LOCK.read_text()), *list_browser_parts(BROWSER_LOCK.read_text())]
    (target / "sbom.cdx.json").write_text(json.dumps(describe(parts, wheel), indent=1, sort_keys=True) + "\n")
    with (target / "licences.csv").open("w", newline="") as file:
        written = csv.writer(file)
        written.writerow(("package", "version", "licence"))
        written.writerows((each["name"], each["version"], each["licence"]) for each in parts)
    made = [wheel, target / "sbom.cdx.json", target / "licences.csv"]
    (target / "SHA256SUMS").write_text("".join(f"{digest(each)}  {each.name}\n" for each in made))
    for each in (*made, target / "SHA256SUMS"):
        print(each)
    print("Golden databases: python -m tests.golden tests/golden, and a line in tests/golden/released.txt.")
    if key := os.environ.get("SIGN"):
        print(sign(target / "SHA256SUMS", Path(key)))
    else:
        print(f"Sign on the machine that holds the key:  minisign -Sm {target / 'SHA256SUMS'}")


def sign(sums: Path, key: Path) -> Path:
    """The signature of the sums, which in turn hold every file."""
    subprocess.run(["minisign", "-S", "-s", str(key), "-m", str(sums)], check=True, timeout=300)
    return sums.with_name(f"{sums.name}.minisig")


# ---------------------------------------------------------------------------------------------------------------- wheel
def build_twice(target: Path) -> Path:
    """Build the committed tree in two places; ends the program where the two differ."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory(prefix="another-place-") as other:
        built = [build(Path(place), umask) for place, umask in ((one, 0o022), (other, 0o077))]
        if digest(built[0]) != digest(built[1]):
            sys.exit(f"Not reproducible: {digest(built[0])} and {digest(built[1])}. Nothing was written.")
        return Path(shutil.copyfile(built[0], target / built[0].name))


def build(place: Path, umask: int) -> Path:
    """The wheel of what is committed, with the browser's files that `make assets` made, built in this place."""
    tree = place / "tree"
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, capture_output=True, check=True).stdout
    before = os.umask(umask)
    try:
        with tarfile.open(fileobj=BytesIO(archive)) as packed:
            packed.extractall(tree, filter="data")
        if (ROOT / VENDOR).is_dir():
            shutil.copytree(ROOT / VENDOR, tree / VENDOR, copy_function=shutil.copyfile)
        command = [
            sys.executable,
            "-m",
            "build",
            "--wheel",
            "--no-isolation",
            "--outdir",
            str(place / "dist"),
            str(tree),
        ]
        subprocess.run(command, env=os.environ | OFFICE, check=True, capture_output=True, timeout=600)
    finally:
        os.umask(before)
    return next((place / "dist").glob("*.whl"))


# ---------------------------------------------------------------------------------------------------------------- parts
def list_parts(lock: str) -> list[dict[str, Any]]:
    """Every package of a lock: name, version, hashes, and the licence that it states where it is installed."""
    parts = []
    for entry in re.split(r"\n(?=\S)", lock):
        found = re.match(r"([A-Za-z0-9._-]+)==([^\s;\\]+)", entry)
        if found:
            name, version = found[1], found[2]
            hashes = sorted(set(re.findall(r"--hash=sha256:([0-9a-f]{64})", entry)))
            licence = find_licence(name)
            parts.append({"kind": "pypi", "name": name, "version": version, "hashes": hashes, "licence": licence})
    return sorted(parts, key=lambda each: each["name"])


def list_browser_parts(lock: str) -> list[dict[str, Any]]:
    """Every package of npm's lock that a browser is sent, or that is built into one that is: the same of each, its hash is of the
    package's one file."""
    parts = [
        {
            "kind": "npm", "name": place.rpartition("node_modules/")[2], "version": each["version"],
            "hashes": [b64decode(each["integrity"].removeprefix("sha512-")).hex()],
            "licence": each.get("license", UNKNOWN),
        }
        for place, each in json.loads(lock)["packages"].items()
        if place and not each.get("dev")
    ]  # fmt: skip
    return sorted(parts, key=lambda each: (each["name"], each["version"]))


def find_licence(name: str) -> str:
    """As the package's own metadata states it; a package for another system is installed nowhere here."""
    try:
        told = metadata(name)
    except PackageNotFoundError:
        return UNKNOWN
    expression = told.get("License-Expression") or told.get("License") or ""
    if expression and len(expression) <= LONGEST_LICENCE and "\n" not in expression and expression != "UNKNOWN":
        return expression
    named = [each.removeprefix(CLASSIFIER) for each in told.get_all("Classifier") or [] if each.startswith(CLASSIFIER)]
    return " AND ".join(sorted(named)) or UNKNOWN


def describe(parts: list[dict[str, Any]], wheel: Path) -> dict[str, Any]:
    """The bill of materials, as CycloneDX 1.6. Nothing in it depends on when it was made."""
    name, version, *_ = wheel.name.split("-")
    about = f"lantern-outreach@{version}"
    components = [
        {
            "type": "library", "bom-ref": purl_of(each), "name": each["name"], "version": each["version"],
            "purl": purl_of(each), "licenses": [{"license": {"name": each["licence"]}}],
            # A lock has a hash for every file of a version; whoever installs checks the one that they got.
            "properties": [
                {"name": f"lantern:file-{'sha512' if each['kind'] == 'npm' else 'sha256'}", "value": value}
                for value in each["hashes"]
            ],
        }
        for each in parts
    ]  # fmt: skip
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, about + digest(wheel))}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application", "bom-ref": about, "name": name.replace("_", "-"), "version": version,
                "licenses": [{"license": {"id": "AGPL-3.0-or-later"}}],
                "hashes": [{"alg": "SHA-256", "content": digest(wheel)}],
            }
        },
        "components": components,
        "dependencies": [{"ref": about, "dependsOn": [each["bom-ref"] for each in components]}],
    }  # fmt: skip


def purl_of(part: dict[str, Any]) -> str:
    """What a package is called wherever packages are named (package-url)."""
    return f"pkg:{part['kind']}/{part['name'].replace('@', '%40')}@{part['version']}"


def digest(path: Path) -> str:
    """SHA-256, as `sha256sum` writes it."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
