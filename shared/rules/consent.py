"""May something of a person be shown to a service? Answered from what the person said, in whatever order it was heard.

Source: UK GDPR, articles 4(11) and 7: consent is specific and as easily withdrawn as given. Where words differ the narrower
reading stands: a no about one service outlives a later yes about all, and a no about all ends an earlier yes about one. Where two
records are found to be one person, a no of either counts as of then: whoever heard the yes of the other had not heard it.
"""

from collections.abc import Iterable
from datetime import date, datetime

import msgspec

from shared.model.consent import ConsentSaid
from shared.model.telling import ConsentAnswer, LawfulBasis, Shareable
from shared.model.value import Id


def find_ground(said: Iterable[ConsentSaid], what: Shareable, agency_id: Id, today: date) -> ConsentSaid | None:
    """The word on which this may be shown to this agency today: another lawful basis first, else what the person agreed to."""
    about = [each for each in said if each.what is what and each.agency_id in (None, agency_id)]
    on_basis = [each for each in about if each.basis is not LawfulBasis.CONSENT]
    return _stands(on_basis, today) or _stands([each for each in about if each.basis is LawfulBasis.CONSENT], today)


def is_shared(said: Iterable[ConsentSaid], what: Shareable, agency_id: Id, today: date) -> bool:
    """May this be shown to this agency today?"""
    return find_ground(said, what, agency_id, today) is not None


def is_shared_with_all(said: Iterable[ConsentSaid], what: Shareable) -> bool:
    """Did they agree, with no last day, that every service reads this, and refuse it to none, now or from some day on?"""
    about = [each for each in said if each.what is what]
    of_all = [each for each in about if each.agency_id is None and each.basis is LawfulBasis.CONSENT]
    named = {each.agency_id for each in about if each.agency_id is not None}
    # What is shared on the last of all days is shared with no last day.
    return _stands(of_all, date.max) is not None and all(is_shared(about, what, each, date.max) for each in named)


def was_shared_with_all(said: Iterable[ConsentSaid], what: Shareable) -> bool:
    """Did they ever agree that every service reads this?"""
    agreed = [each for each in said if each.what is what and each.answer is ConsentAnswer.AGREED]
    return any(each.agency_id is None and each.basis is LawfulBasis.CONSENT for each in agreed)


def _stands(about: list[ConsentSaid], today: date) -> ConsentSaid | None:
    """Of words about one thing, those of one basis: the one that lets it be shown."""
    of_all = newest([each for each in about if each.agency_id is None])
    of_one = newest([each for each in about if each.agency_id is not None])
    if of_one is None:
        return of_all if of_all is not None and is_yes(of_all, today) else None
    if of_all is None or of_all.at < of_one.at:
        return of_one if is_yes(of_one, today) else None
    if of_all.answer is not ConsentAnswer.AGREED or of_one.answer is not ConsentAnswer.AGREED:
        return None
    # Both agreed, and that for all services is the newer: either may stand, as long as its own days last.
    return next((each for each in (of_one, of_all) if is_yes(each, today)), None)


def newest(said: Iterable[ConsentSaid]) -> ConsentSaid | None:
    """The last word; of two of one moment the one that shares less."""
    return max(
        said,
        key=lambda each: (each.at, each.answer is not ConsentAnswer.AGREED, -_last_day(each), each.id),
        default=None,
    )


def is_yes(word: ConsentSaid, today: date) -> bool:
    """Does this word let something be shown today, taken by itself?"""
    return word.answer is ConsentAnswer.AGREED and (word.until is None or today <= word.until)


def lets_show(word: ConsentSaid, said: Iterable[ConsentSaid], today: date) -> bool:
    """Is something shown today because of this word, whatever else was said?"""
    if word.agency_id is None:
        return is_yes(word, today)
    return is_yes(word, today) and find_ground(said, word.what, word.agency_id, today) is not None


def list_standing(said: Iterable[ConsentSaid]) -> list[ConsentSaid]:
    """The last word about each thing, service and kind of basis, the newest first: what a page shows as it is now."""
    by_key: dict[tuple[str, Id | None, bool], list[ConsentSaid]] = {}
    for each in said:
        key = (str(each.what), each.agency_id, each.basis is LawfulBasis.CONSENT)
        by_key.setdefault(key, []).append(each)
    found = [last for words in by_key.values() if (last := newest(words)) is not None]
    return sorted(found, key=lambda each: (each.at, each.id), reverse=True)


def as_one_person(said: Iterable[ConsentSaid], joins: Iterable[tuple[datetime, Id, Id]]) -> tuple[ConsentSaid, ...]:
    """The words of several records that were found to be one person, two at a time: each no that stood in a record then counts
    as of that moment, so that no yes of the other record, said by somebody who may not be the same, opens what it closed."""
    words = {each.id: each for each in said}
    group = {each.person_id: {each.person_id} for each in words.values()}
    for at, one, other in sorted(joins):
        joined = group.get(one, {one}), group.get(other, {other})
        for records in joined:
            before = [each for each in words.values() if each.person_id in records and each.at <= at]
            words |= {each.id: msgspec.structs.replace(each, at=at) for each in list_standing(before) if _is_no(each)}
        group |= dict.fromkeys(joined[0] | joined[1], joined[0] | joined[1])
    return tuple(sorted(words.values(), key=lambda each: (each.at, each.id)))


def _is_no(word: ConsentSaid) -> bool:
    return word.basis is LawfulBasis.CONSENT and word.answer is not ConsentAnswer.AGREED


def _last_day(word: ConsentSaid) -> int:
    return (word.until or date.max).toordinal()
