"""Both papers signed and unexpired, or no person is seen (privacy rule A2)."""

from datetime import date

from shared.model.agency import Agreement
from shared.model.codes import AgreementKind
from shared.policy.actor import agreements_valid_until

TODAY = date(2026, 11, 20)


def paper(kind: AgreementKind, expires: date, signed: date = date(2025, 11, 1)) -> Agreement:
    return Agreement(
        id=f"{kind}-{expires}",
        agency_id="cgl",
        kind=kind,
        version="2",
        signatory="J. Doe",
        signed_on=signed,
        expires_on=expires,
    )


TERMS, SHARING = AgreementKind.TERMS_OF_REFERENCE, AgreementKind.INFORMATION_SHARING


def test_the_earlier_end_of_the_two_counts():
    papers = [paper(TERMS, date(2027, 6, 1)), paper(SHARING, date(2027, 2, 1))]
    assert agreements_valid_until(papers, TODAY) == date(2027, 2, 1)


def test_one_paper_is_not_enough():
    assert agreements_valid_until([paper(SHARING, date(2027, 2, 1))] * 2, TODAY) is None
    assert agreements_valid_until([], TODAY) is None


def test_a_renewed_paper_counts_to_its_new_end():
    papers = [paper(TERMS, date(2027, 6, 1)), paper(SHARING, date(2026, 11, 1)), paper(SHARING, date(2027, 11, 1))]
    assert agreements_valid_until(papers, TODAY) == date(2027, 6, 1)


def test_a_signature_of_tomorrow_does_not_count_today():
    papers = [paper(TERMS, date(2027, 6, 1)), paper(SHARING, date(2027, 11, 1), signed=date(2026, 11, 21))]
    assert agreements_valid_until(papers, TODAY) is None


def test_an_expired_paper_gives_the_day_it_ended():
    papers = [paper(TERMS, date(2027, 6, 1)), paper(SHARING, date(2026, 11, 1))]
    assert agreements_valid_until(papers, TODAY) == date(2026, 11, 1)
