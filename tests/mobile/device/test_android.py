"""What is promised of the Android build, read from its files (rule B7): what was never built is not claimed."""

import configparser
import re
import runpy
import struct
import zipfile
from pathlib import Path

import pytest

from mobile.opening.vault import PICTURES
from shared.model.enrolment_link import HOST, SCHEME
from tests.paths import ROOT

DOCS = ROOT / "docs" / "android.md"


@pytest.fixture
def app() -> configparser.SectionProxy:
    spec = configparser.ConfigParser(interpolation=None)
    spec.read(ROOT / "buildozer.spec")
    return spec["app"]


def permissions(app: configparser.SectionProxy) -> set[str]:
    """A permission that only older Androids are asked for stands in brackets."""
    asked = (one.strip(" ()").partition(";")[0] for one in app["android.permissions"].split(","))
    return {one.removeprefix("name=").removeprefix("android.permission.") for one in asked}


def test_the_permissions_are_few_and_each_is_explained(app: configparser.SectionProxy) -> None:
    asked = permissions(app)
    assert asked == {
        "INTERNET", "ACCESS_FINE_LOCATION", "ACCESS_COARSE_LOCATION", "VIBRATE", "POST_NOTIFICATIONS", "FOREGROUND_SERVICE",
        "FOREGROUND_SERVICE_SPECIAL_USE", "SCHEDULE_EXACT_ALARM", "USE_EXACT_ALARM",
    }  # fmt: skip
    page = DOCS.read_text()
    assert {name for name in asked if f"`{name}`" not in page} == set()


def test_nothing_of_the_app_is_backed_up_or_moved_to_another_phone(app: configparser.SectionProxy) -> None:
    assert app["android.allow_backup"] == "False"
    attributes = (ROOT / app["android.extra_manifest_application_arguments"]).read_text()
    assert 'usesCleartextTraffic="false"' in attributes and 'fullBackupContent="false"' in attributes
    rules = ROOT / app["android.add_resources"].partition(":")[0] / "lantern_data_extraction.xml"
    assert "lantern_data_extraction" in attributes
    text = rules.read_text()
    for domain in ("root", "file", "database", "sharedpref", "external"):
        assert text.count(f'domain="{domain}"') == 2, domain


def test_only_an_enrolment_link_opens_the_app_from_outside(app: configparser.SectionProxy) -> None:
    """The phone's camera reads the picture: no camera is asked for. Nothing else may start this app (rule B7)."""
    text = (ROOT / app["android.manifest.intent_filters"]).read_text()
    said = re.findall(r'android:(\w+)="([^"]+)"', text)
    assert said == [
        ("name", "android.intent.action.VIEW"),
        ("name", "android.intent.category.DEFAULT"),
        ("name", "android.intent.category.BROWSABLE"),
        ("scheme", SCHEME),
        ("host", HOST),
    ]
    assert "android.manifest.launch_mode" not in app, "singleTask, as python-for-android has it: one app, one window"


def test_one_service_no_receiver_and_no_host_is_declared(app: configparser.SectionProxy) -> None:
    name, start, *how = app["services"].split(":")
    assert (name, how) == ("shift", ["foreground", "foregroundServiceType=specialUse"])
    package = f"{app['package.domain']}.{app['package.name']}"
    assert f"{package}.Service{name.capitalize()}" == guard_service()
    stage = (ROOT / "scripts" / "android" / "stage.py").read_text()
    assert (ROOT / "scripts" / "android" / start).is_file() and f'"{start}"' in stage
    texts = [(ROOT / "buildozer.spec").read_text()]
    texts += [path.read_text() for path in (ROOT / "scripts" / "android").rglob("*") if path.suffix in {".py", ".sh"}]
    assert not [text for text in texts if re.search(r"https?://", text)]


def guard_service() -> str:
    found = re.search(r'SERVICE = "([^"]+)"', (ROOT / "mobile" / "device" / "android_guard.py").read_text())
    assert found is not None
    return found[1]


def test_back_is_answered_as_a_gesture(app: configparser.SectionProxy) -> None:
    assert int(app["android.api"]) >= 36
    attributes = (ROOT / app["android.extra_manifest_application_arguments"]).read_text()
    assert 'enableOnBackInvokedCallback="true"' in attributes


def library(*aligned: int) -> bytes:
    """A 64-bit library with nothing but the headers of what is loaded."""
    head = b"\x7fELF\x02\x01" + bytes(26) + struct.pack("<Q", 64) + bytes(14) + struct.pack("<HH", 56, len(aligned) + 1)
    parts = [
        struct.pack("<I", 6) + bytes(52),
        *(struct.pack("<I", 1) + bytes(44) + struct.pack("<Q", each) for each in aligned),
    ]
    return head + bytes(64 - len(head)) + b"".join(parts)


@pytest.mark.parametrize(
    ("libraries", "code"),
    [({"lib/arm64-v8a/a.so": (16384, 65536)}, 0), ({"lib/arm64-v8a/a.so": (16384, 4096)}, 1), ({}, 1)],
)
def test_libraries_for_small_pages_are_found(tmp_path: Path, libraries: dict[str, tuple[int, ...]], code: int) -> None:
    apk = tmp_path / "app.apk"
    with zipfile.ZipFile(apk, "w") as file:
        for name, aligned in libraries.items():
            file.writestr(name, library(*aligned))
    pages = runpy.run_path(str(ROOT / "scripts" / "android" / "pages.py"))
    assert pages["main"](str(apk)) == code


def test_the_window_is_kept_off_screenshots_before_the_app_opens() -> None:
    text = (ROOT / "scripts" / "android" / "main.py").read_text()
    assert text.index("keep_off_screenshots()") < text.index("open_app(Path")
    assert "KIVY_NO_FILELOG" in text


def test_every_package_of_the_phone_is_asked_for(app: configparser.SectionProxy) -> None:
    asked = {one.strip().partition("==")[0] for one in app["requirements"].split(",")}
    assert {"kivy", "plyer", "pyjnius", "sqlcipher3", "cryptography", "httpx", "msgspec", "geopy", "tzdata"} <= asked
    assert asked.isdisjoint({"sqlmodel", "sqlalchemy", "pydantic", "h3", "shapely", "numpy", "kivymd", "requests"})


def test_the_docs_hold_a_ten_step_script_and_say_what_was_never_run() -> None:
    page = DOCS.read_text()
    assert "never been run on a device" in page
    steps = re.findall(r"(?m)^(\d+)\. ", page.partition("## Ten steps")[2])
    assert [int(step) for step in steps[:10]] == list(range(1, 11))


def test_a_picture_goes_through_one_provider_that_nobody_else_may_use(app: configparser.SectionProxy) -> None:
    hook = runpy.run_path(str(ROOT / app["p4a.hook"]))
    template = "<manifest><application android:label='x'></application></manifest>"
    once = hook["with_provider"](template)
    assert once == hook["with_provider"](once), "the hook runs at every build"
    assert once.count("<provider") == 1 and 'android:exported="false"' in once
    with pytest.raises(ValueError, match="learn it anew"):
        hook["with_provider"]("<manifest></manifest>")
    paths = (ROOT / "scripts" / "android" / "xml" / "lantern_pictures.xml").read_text()
    assert re.findall(r'path="([^"]+)"', paths) == [f"app/lantern/{PICTURES}/"]
    assert "androidx.core:core" in app["android.gradle_dependencies"] and app["android.enable_androidx"] == "True"
