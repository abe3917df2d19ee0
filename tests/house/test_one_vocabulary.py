"""A worker's phone and a coordinator's page call one thing by one name (decision 12)."""

import json

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

    differing = {key: (words, ENGLISH[key]) for key, words in said.items() if key in ENGLISH and ENGLISH[key] != words}

    assert set(differing) == set(SAID_OTHERWISE)
    assert len(said) > 30
