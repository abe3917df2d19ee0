"""Whether someone is held to sleep rough, derived from recorded facts so that it can always be explained.

Sources: the RS MDT toolkit (verified rough sleepers come first); national guidance of December 2025 (verification is
not required to help someone). Storing and listing are not done here.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from enum import Enum
from zoneinfo import ZoneInfo

from shared.geo.night import DEFAULT_ZONE
from shared.model.codes import ContactState, EvidenceBasis, ReviewStatus
from shared.model.contact import Contact, ContactCorrection
from shared.model.value import Id, Value
from shared.model.verification import Verification
from shared.rules.corrections import corrected

ROUGH_SLEEPING_STATES = frozenset({ContactState.BEDDED_DOWN, ContactState.ABOUT_TO_BED_DOWN})
"""MHCLG: sleeping, about to bed down, or bedded down. The other states are contacts too, yet verify nobody."""

NAMED_SITE = ", site '"

JUDGEMENTS = frozenset({ReviewStatus.CONFIRMED, ReviewStatus.NOT_CONFIRMED, ReviewStatus.NOT_REQUIRED})

SEEN_WORDS = {ContactState.BEDDED_DOWN: "seen bedded down", ContactState.ABOUT_TO_BED_DOWN: "seen about to bed down"}

BASIS_WORDS = {
    EvidenceBasis.SEEN_BY_OUTREACH: "seen by outreach",
    EvidenceBasis.SEEN_BY_PARTNER_AGENCY: "seen by a partner agency",
    EvidenceBasis.SELF_REPORT: "their own word",
    EvidenceBasis.SITE_EVIDENCE: "evidence at the site",
    EvidenceBasis.PUBLIC_REFERRAL_ONLY: "a public referral only",
    EvidenceBasis.PROFESSIONAL_JUDGEMENT: "professional judgement",
}


class Standing(str, Enum):
    """How a person stands: the outcome of the rule, never stored as a fact."""

    VERIFIED = "verified"
    NOT_CONFIRMED = "not_confirmed"
    NOT_REQUIRED = "not_required"
    AWAITING_REVIEW = "awaiting_review"
    UNVERIFIED = "unverified"

    def __str__(self) -> str:
        return self.value


class VerificationStatus(Value, frozen=True, kw_only=True):
    """The standing with its reason in words. `at` is when the evidence named in the reason was seen or judged;
    `since` is the first moment from which the person has been verified without a break."""

    standing: Standing
    reason: str
    basis: EvidenceBasis | None = None
    at: datetime | None = None
    since: datetime | None = None
    contact_id: Id | None = None
    verification_id: Id | None = None

    @property
    def is_verified(self) -> bool:
        """True when outreach saw them, or a coordinator confirmed, and nothing later says otherwise."""
        return self.standing is Standing.VERIFIED


class ReasonWording(Value, frozen=True, kw_only=True):
    """What reasons need to speak of people and places: names by id, the zone of dates, and today (for the year)."""

    worker_names: Mapping[Id, str] = {}
    site_names: Mapping[Id, str] = {}
    zone: str = DEFAULT_ZONE
    today: date | None = None

    def day(self, moment: datetime) -> str:
        """ "12 Nov", and with its year when that is not this year's."""
        local = moment.astimezone(ZoneInfo(self.zone)).date()
        plain = f"{local.day} {local:%b}"
        return plain if self.today is None or self.today.year == local.year else f"{plain} {local.year}"

    def worker(self, worker_id: Id) -> str:
        """The worker's short name, else words that admit it is not known here."""
        return self.worker_names.get(worker_id, "an outreach worker")


def is_rough_sleeping(state: ContactState) -> bool:
    """Is this a rough-sleeping contact by MHCLG's definition?"""
    return state in ROUGH_SLEEPING_STATES


def verification_status(
    contacts: Iterable[Contact],
    verifications: Iterable[Verification],
    *,
    corrections: Iterable[ContactCorrection] = (),
    person_ids: Collection[Id] | None = None,
    outreach_worker_ids: Collection[Id] | None = None,
    worker_names: Mapping[Id, str] | None = None,
    site_names: Mapping[Id, str] | None = None,
    today: date | None = None,
    zone: str = DEFAULT_ZONE,
) -> VerificationStatus:
    """Derive one person's status from their contacts and verifications, in any order.

    `person_ids` are the person's id and the ids merged into it: contacts and verifications of others are passed over
    (None: everything given is theirs). `outreach_worker_ids` limits whose contacts verify (None: all of them).
    A coordinator's judgement prevails over everything up to its moment; outreach seeing the person later verifies anew.
    """
    words = ReasonWording(worker_names=worker_names or {}, site_names=site_names or {}, zone=zone, today=today)
    every_correction = tuple(corrections)
    as_corrected = tuple(corrected(contact, every_correction) for contact in contacts)
    theirs = tuple(v for v in verifications if person_ids is None or v.person_id in person_ids)
    seen = [c for c in as_corrected if _verifies(c, person_ids, outreach_worker_ids)]
    judgement = max((v for v in theirs if v.review_status in JUDGEMENTS), key=_moment, default=None)
    seen_since = [c for c in seen if judgement is None or c.seen_at > judgement.at]
    if seen_since:
        return _seen(seen, seen_since, judgement, words)
    if judgement is not None:
        return _judged(judgement, seen, words)
    return _awaiting(theirs, as_corrected, words)


def without_place(reason: str) -> str:
    """A status's reason without the site that it names at its end, for readers who may not know where anybody
    sleeps."""
    before, named, rest = reason.partition(NAMED_SITE)
    stop = "." if rest.endswith(".") else ""
    return before + stop if named and rest.removesuffix(".").endswith("'") else reason


def _verifies(contact: Contact, person_ids: Collection[Id] | None, workers: Collection[Id] | None) -> bool:
    if not is_rough_sleeping(contact.state):
        return False
    if person_ids is not None and not any(person_id in person_ids for person_id in contact.person_ids):
        return False
    return workers is None or contact.worker_id in workers


def _moment(verification: Verification) -> tuple[datetime, Id]:
    return verification.at, verification.id


def _seen(
    seen: list[Contact], seen_since: list[Contact], judgement: Verification | None, words: ReasonWording
) -> VerificationStatus:
    newest = max(seen_since, key=lambda contact: (contact.seen_at, contact.id))
    first = min(contact.seen_at for contact in seen_since)
    if judgement is not None and judgement.review_status is ReviewStatus.CONFIRMED:
        first = min([judgement.at, *(contact.seen_at for contact in seen)])
    place = words.site_names.get(newest.site_id or "", "")
    where = f", site '{place}'" if place else ""
    what = SEEN_WORDS[newest.state]
    return VerificationStatus(
        standing=Standing.VERIFIED,
        reason=f"verified: {what} by {words.worker(newest.worker_id)}, {words.day(newest.seen_at)}{where}",
        basis=EvidenceBasis.SEEN_BY_OUTREACH,
        at=newest.seen_at,
        since=first,
        contact_id=newest.id,
    )


def _judged(judgement: Verification, seen: list[Contact], words: ReasonWording) -> VerificationStatus:
    who_and_when = f"by {words.worker_names.get(judgement.worker_id, 'a coordinator')}, {words.day(judgement.at)}"
    why = f": {judgement.reason}" if judgement.reason else ""
    basis = BASIS_WORDS.get(judgement.basis, str(judgement.basis).replace("_", " "))
    standing, reason = {
        ReviewStatus.CONFIRMED: (Standing.VERIFIED, f"verified: confirmed {who_and_when}, on {basis}{why}"),
        ReviewStatus.NOT_CONFIRMED: (Standing.NOT_CONFIRMED, f"not confirmed {who_and_when}{why}"),
        ReviewStatus.NOT_REQUIRED: (Standing.NOT_REQUIRED, f"verification not required, decided {who_and_when}{why}"),
    }[judgement.review_status]
    verified_since = min([judgement.at, *(contact.seen_at for contact in seen)])
    return VerificationStatus(
        standing=standing,
        reason=reason,
        basis=judgement.basis,
        at=judgement.at,
        since=verified_since if standing is Standing.VERIFIED else None,
        contact_id=judgement.contact_id,
        verification_id=judgement.id,
    )


def _awaiting(
    theirs: tuple[Verification, ...], contacts: tuple[Contact, ...], words: ReasonWording
) -> VerificationStatus:
    """Evidence that nobody has judged waits for a coordinator, unless it rests on a contact that no longer says so."""
    known_contacts = {contact.id for contact in contacts}
    offered = [v for v in theirs if v.basis is not EvidenceBasis.SEEN_BY_OUTREACH or v.contact_id not in known_contacts]
    newest = max(offered, key=_moment, default=None)
    if newest is None:
        return VerificationStatus(
            standing=Standing.UNVERIFIED, reason="not verified: outreach has not yet seen them bedded down"
        )
    basis = BASIS_WORDS.get(newest.basis, str(newest.basis).replace("_", " "))
    return VerificationStatus(
        standing=Standing.AWAITING_REVIEW,
        reason=f"not yet verified: {basis}, {words.day(newest.at)}, waits for a coordinator",
        basis=newest.basis,
        at=newest.at,
        contact_id=newest.contact_id,
        verification_id=newest.id,
    )
