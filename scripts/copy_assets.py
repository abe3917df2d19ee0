"""Copies the browser's scripts and styles from node_modules to where the server serves them.

Nothing is built and nothing is fetched here. Two things are changed on the way: GOV.UK's stylesheet loses its
@font-face rules and its crest (GDS Transport and the crest belong to gov.uk alone, and a page of ours must ask nobody
for a font), and every source-map comment is dropped, so that a browser's tools ask for no file that is not there.
"""

import json
import re
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
STATIC = ROOT / "server" / "web" / "static" / "vendor"
TESTS = ROOT / "tests" / "vendor"

FILES = {
    STATIC / "govuk": [
        "govuk-frontend/dist/govuk/govuk-frontend.min.css",
        "govuk-frontend/dist/govuk/govuk-frontend.min.js",
    ],
    STATIC / "htmx": ["htmx.org/dist/htmx.min.js"],
    STATIC / "maplibre": [
        "maplibre-gl/dist/maplibre-gl.mjs",
        "maplibre-gl/dist/maplibre-gl-worker.mjs",
        "maplibre-gl/dist/maplibre-gl.css",
    ],
    STATIC / "swagger": [
        "swagger-ui-dist/swagger-ui-bundle.js",
        "swagger-ui-dist/swagger-ui-standalone-preset.js",
        "swagger-ui-dist/swagger-ui.css",
    ],
    TESTS / "axe": ["axe-core/axe.min.js"],
}

FONT_FACE = re.compile(r"@font-face\s*\{[^}]*\}")
FONT_FAMILY = re.compile(r"font-family:\s*['\"]?GDS Transport['\"]?\s*,\s*arial\s*,\s*sans-serif", re.IGNORECASE)
SYSTEM_FONTS = 'font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",Arial,sans-serif'
CREST = re.compile(r"url\([^)]*govuk-crest[^)]*\)")
SOURCE_MAP = re.compile(r"\s*(?:/\*|//)# sourceMappingURL=[^\s*]+(?:\s*\*/)?\s*\Z")


def prepare_text(name: str, text: str) -> str:
    """Returns the file's text as it is to be served."""
    text = SOURCE_MAP.sub("\n", text)
    if name == "govuk-frontend.min.css":
        text = CREST.sub("none", FONT_FAMILY.sub(SYSTEM_FONTS, FONT_FACE.sub("", text)))
    return text


def describe_package(name: str) -> str:
    """Returns the package's name, version and licence, with the licence's own text where the package holds it."""
    package = json.loads((MODULES / name / "package.json").read_text(encoding="utf-8"))
    papers = [path for path in sorted((MODULES / name).iterdir()) if path.name.startswith(("LICENSE", "NOTICE"))]
    texts = [path.read_text(encoding="utf-8") for path in papers]
    return "\n\n".join([f"{name} {package['version']}, licence {package['license']}", *texts])


def copy_assets() -> int:
    """Copies every file, with its package's licence beside it; returns how many files were copied."""
    count = 0
    for folder, sources in FILES.items():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for source in sources:
            path = MODULES / source
            (folder / path.name).write_text(prepare_text(path.name, path.read_text(encoding="utf-8")), encoding="utf-8")
            count += 1
        (folder / "LICENCE.txt").write_text(describe_package(sources[0].split("/")[0]), encoding="utf-8")
    return count


if __name__ == "__main__":
    print(f"Copied {copy_assets()} browser files.")
