"""Every visible word is in the catalogues, in every language, with the same values to fill in."""

import ast
import re
from pathlib import Path
from string import Formatter

import pytest

import mobile
from mobile.text import LANGUAGES, PLURALS, Catalogue, load
from shared.model.codes import ContactState, ReceivingSupport, ReferralState, SiteKind, SupportNeed, SyncState
from shared.model.service import ServiceOffer, ServiceWelcome

MOBILE = Path(mobile.__file__).parent if mobile.__file__ else Path("mobile")
SCREENS = MOBILE / "screens"
ENGLISH = load("en")
FORMS = {"en": {"one", "other"}, "pl": {"one", "few", "many"}}
KEY_IN_SAY = re.compile(r"""\bsay\(\s*f?["']([a-z_.]+)["']""")
LITERAL_WORD = re.compile(r"[A-Za-z]{2,}")


def _values(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_keys(language):
    assert set(load(language).entries) == set(ENGLISH.entries)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_plural_has_each_form_of_its_language(language):
    for key, entry in load(language).entries.items():
        assert isinstance(entry, dict) == isinstance(ENGLISH.entries[key], dict), key
        if isinstance(entry, dict):
            assert set(entry) == FORMS[language], key


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
def test_a_translation_fills_in_the_same_values(language):
    for key, entry in load(language).entries.items():
        english = ENGLISH.entries[key]
        wanted = _values(english if isinstance(english, str) else english["other"])
        for sentence in entry.values() if isinstance(entry, dict) else [entry]:
            assert _values(sentence) == wanted, key


def test_polish_counts_as_poles_do():
    polish = load("pl")
    said = [polish.say("count.people", count=count) for count in (1, 2, 5, 12, 22, 25)]
    assert said == ["1 osoba", "2 osoby", "5 osób", "12 osób", "22 osoby", "25 osób"]
    assert set(PLURALS) == set(LANGUAGES)


def test_every_key_that_a_screen_asks_for_exists():
    for file in [*SCREENS.rglob("*.py"), *SCREENS.rglob("*.kv"), *(MOBILE / "text").glob("*.py"), MOBILE / "app.py"]:
        for key in KEY_IN_SAY.findall(file.read_text(encoding="utf-8")):
            if not key.endswith("."):
                assert key in ENGLISH, f"{file.name}: {key}"


@pytest.mark.parametrize("file", sorted(SCREENS.rglob("*.kv")), ids=lambda file: file.parent.name)
def test_no_kv_file_holds_a_word_of_its_own(file):
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        name, _, value = line.strip().partition(":")
        if name in ("text", "title", "hint", "label", "detail"):
            assert "app.say(" in value or not LITERAL_WORD.search(value), f"{file}:{number}: {line.strip()}"


@pytest.mark.parametrize("file", sorted(SCREENS.rglob("*.py")), ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_no_screen_gives_a_widget_a_word_of_its_own(file):
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        named = [(k.arg, k.value) for k in node.keywords] if isinstance(node, ast.Call) else []
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute):
            named.append((node.targets[0].attr, node.value))
        for name, value in named:
            if name in ("text", "detail", "title", "hint", "label", "line") and isinstance(value, ast.Constant):
                assert not LITERAL_WORD.search(str(value.value)), f"{file}:{node.lineno}: {value.value!r}"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("vocabulary", "codes"),
    [
        ("contact_state", ContactState),
        ("need", SupportNeed),
        ("receiving", ReceivingSupport),
        ("site_kind", SiteKind),
        ("referral_state", ReferralState),
        ("sync_state", SyncState),
        ("service_offer", ServiceOffer),
        ("service_welcome", ServiceWelcome),
    ],
)
def test_every_code_of_a_vocabulary_has_words(vocabulary, codes):
    for code in codes:
        assert f"{vocabulary}.{code}" in ENGLISH


def test_every_outcome_a_worker_may_choose_has_words():
    from mobile.screens.referral.state import GROUPS

    outcomes = [outcome for group in GROUPS.values() for outcome in group]
    assert len(outcomes) == 26
    for outcome in outcomes:
        assert f"outcome.{outcome.code}" in ENGLISH
    for group in GROUPS:
        assert "outcome_group." + group.replace(" ", "_") in ENGLISH


def test_every_failure_of_the_store_has_words():
    from mobile.store import errors

    for name, failure in vars(errors).items():
        if isinstance(failure, type) and issubclass(failure, errors.StoreError) and failure is not errors.StoreError:
            assert f"error.{name}" in ENGLISH, name


def test_a_code_from_a_newer_app_reads_as_itself():
    assert ENGLISH.say_code("contact_state", "sleeping_in_a_balloon") == "sleeping in a balloon"


def test_a_key_that_nobody_wrote_is_an_error():
    with pytest.raises(KeyError):
        Catalogue("en", {}).say("nothing.here")


def test_words_never_blame():
    said = " ".join(str(entry).lower() for entry in ENGLISH.entries.values())
    for word in ("client", "homeless", "risk", "failed", "invalid", "error", "oops", "!"):
        assert word not in said, word
