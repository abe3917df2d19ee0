"""A worker's phone and a coordinator's page call one thing by one name (decision 12)."""

import ast
import json

from server.web.layout import words
from server.web.layout.words import WORDS
from shared.model.codes import CaseState, Code, ContactState, ReferralState, SiteKind, SupportNeed
from tests.paths import ROOT

ENGLISH = json.loads((ROOT / "mobile" / "text" / "english.json").read_text())
VOCABULARIES: dict[str, type[Code]] = {
    "contact_state": ContactState, "site_kind": SiteKind, "need": SupportNeed, "referral_state": ReferralState,
    "case_state": CaseState,
}  # fmt: skip
SAID_OTHERWISE = {
    "site_kind.unknown": "a tile calls a place that nobody has named a place; a page says that its kind is not known",
    "need.none": "the tile stands under a heading that says of what",
}


def test_one_code_has_one_name() -> None:
    said = {
        f"{vocabulary}.{code.value}": WORDS[code]
        for vocabulary, codes in VOCABULARIES.items()
        for code in codes
        if code in WORDS
    }

    differing = {key: (text, ENGLISH[key]) for key, text in said.items() if key in ENGLISH and ENGLISH[key] != text}

    assert set(differing) == set(SAID_OTHERWISE)
    assert len(said) > 30


def test_every_code_is_said_in_the_words_that_were_written_for_it() -> None:
    """Codes are equal by their text: of two vocabularies in one list the later words would silently speak for both."""
    written = [
        (key.value.id, key.attr, value.value)
        for each in ast.walk(ast.parse((ROOT / "server/web/layout/words.py").read_text()))
        if isinstance(each, ast.Dict)
        for key, value in zip(each.keys, each.values, strict=True)
        if isinstance(key, ast.Attribute) and isinstance(key.value, ast.Name) and isinstance(value, ast.Constant)
        if key.value.id != "ReceivingSupport"  # said in two ways, each with a filter of its own
    ]
    said = {(kind, name): words.say(getattr(getattr(words, kind), name)) for kind, name, _ in written}

    assert len(written) > 100
    assert [each for each in written if said[each[0], each[1]] != each[2]] == []
