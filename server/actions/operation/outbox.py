"""Letting mails wait to be sent, in the transaction of what causes them; and trying one again.

Whom a mail reaches follows from what they may do (`shared.policy.mail`) and what they chose.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import msgspec
from sqlalchemy.orm import Session

from server.access import Access
from server.problems import NotFound
from server.queries.operation import addressees, outbox
from server.queries.operation.addressees import Listener, Reachable
from server.queries.operation.outbox import Line
from server.queries.referrals import inbox, referral_steps
from shared.model.codes import AlertSource, ReferralState
from shared.model.mail import Mail, MailChoice, MailFacts, MailKind
from shared.model.referral import ReferralProgress
from shared.model.value import Id
from shared.policy import Act
from shared.policy.mail import GATHERED
from shared.rules.referral import normalise_outcome

OUR_REFERENCE = re.compile(r"(?:[A-Z2-7]{4}-){2}[A-Z2-7]{4}")
"""What our own form gives; a council's form that was imported has references of its own."""
REFERRER_WAITS = timedelta(days=14)


@dataclass(frozen=True)
class Outbox:
    """The outbox of one transaction. What is written to referrers `waits` first: for so long its cause can be taken back."""

    session: Session
    now: datetime
    new_id: Callable[[], Id]
    waits: timedelta = timedelta(0)

    def tell_agency(
        self,
        agency_id: Id,
        kind: MailKind,
        key: str,
        facts: MailFacts,
        *,
        useful_until: datetime,
        about_id: Id | None = None,
        district_id: Id | None = None,
    ) -> None:
        """Write to an agency's shared mailbox, else to each member who hears of this and acts for the district; where nobody
        of an agency that was asked to its table does, to each who hears of it.

        An agency without either gets a mail that cannot be sent, so that an administrator sees what is missing.
        """
        members: Sequence[Listener | None] = [None]
        if addressees.find_shared_address(self.session, agency_id) is None:
            heard = addressees.list_listeners(self.session, kind, self.now, agency_id)
            here = [each for each in heard if district_id is None or district_id in each.district_ids] or heard
            self._gather(here, kind, f"{key}/{agency_id}", facts)
            members = [each for each in here if not _wants_no_letter(each, kind)] if here else [None]
        mails = [
            self._mail(
                kind, f"{key}/{agency_id}/{to.worker_id if to else ''}", facts, useful_until, about_id, agency_id, to
            )
            for to in members
        ]
        outbox.add_mails(self.session, mails)

    def tell_worker(
        self,
        to: Listener,
        kind: MailKind,
        key: str,
        facts: MailFacts,
        *,
        useful_until: datetime,
        about_id: Id | None = None,
    ) -> None:
        """Write to one worker, unless they chose to hear nothing of this, or hear of it in the morning."""
        self._gather([to], kind, key, facts)
        if not _wants_no_letter(to, kind):
            full_key = f"{key}/{to.worker_id}"
            outbox.add_mails(
                self.session, [self._mail(kind, full_key, facts, useful_until, about_id, to.agency_id, to)]
            )

    def tell_once(
        self, worker_id: Id, agency_id: Id, kind: MailKind, key: str, facts: MailFacts, *, useful_until: datetime
    ) -> None:
        """Write to one worker whatever they chose of this kind: what they chose is why it is written."""
        made = self._mail(kind, f"{key}/{worker_id}", facts, useful_until, None, agency_id, None)
        outbox.add_mails(self.session, [msgspec.structs.replace(made, worker_id=worker_id)])

    def _gather(self, members: Sequence[Listener], kind: MailKind, key: str, facts: MailFacts) -> None:
        """Keep a line for each of those who hear of this once a day."""
        daily = [each for each in members if each.choice is MailChoice.DAILY and kind in GATHERED]
        lines = [
            Line(key=f"{key}/{to.worker_id}", worker_id=to.worker_id, kind=kind, district=facts.district, at=self.now)
            for to in daily
        ]
        outbox.add_lines(self.session, lines)

    def answer_referrers(self, steps: Sequence[ReferralProgress]) -> None:
        """Write to whoever raised these referrals and agreed: what more we need, or what became of it. Each is said once, and
        again when they have told us anew since."""
        telling = {step.referral_id: (step, found) for step in steps if (found := _say_to_referrer(step)) is not None}
        if not telling:
            return
        mails = []
        anew = referral_steps.count_told_anew(self.session, telling)
        for to in addressees.list_reachable(self.session, telling):
            step, (kind, facts) = telling[to.referral_id]
            what = facts.outcome or f"{step.at:%Y-%m-%d}"
            if to.referral_id in anew:
                what += f"/{anew[to.referral_id]}"
            mails.append(
                Mail(
                    id=self.new_id(), key=f"{kind}/{to.alert_id}/{what}", kind=kind, queued_at=self.now,
                    useful_until=self.now + REFERRER_WAITS, facts=_to_them(facts, to), about_id=to.referral_id,
                    alert_id=to.alert_id,
                )
            )  # fmt: skip
        outbox.add_mails(self.session, mails, self.now + self.waits)

    def apologise(self, late: Mapping[Id, date]) -> None:
        """Write to whoever raised these referrals that the day they were promised (by referral) has passed; once a day broken.

        Of those that tell of the same each was promised a day of its own.
        """
        mails = [
            Mail(
                id=self.new_id(), key=f"{MailKind.REFERRAL_LATE}/{to.alert_id}/{late[to.referral_id]}",
                kind=MailKind.REFERRAL_LATE, queued_at=self.now, useful_until=self.now + REFERRER_WAITS,
                facts=_to_them(MailFacts(day=late[to.referral_id]), to), about_id=to.referral_id, alert_id=to.alert_id,
            )
            for to in addressees.list_own(self.session, late)
        ]  # fmt: skip
        outbox.add_mails(self.session, mails)

    def answer_as_head(self, referral_id: Id, head_id: Id, step: ReferralProgress) -> None:
        """Write to whoever raised a referral that was folded into another what its referrers were told: what became of it, or
        that we need more."""
        head = inbox.find_inbox_row(self.session, head_id)
        if head is not None and (head.outcome or head.referral.state is ReferralState.NEEDS_INFORMATION):
            as_head = msgspec.structs.replace(
                step, referral_id=referral_id, state=head.referral.state, outcome=head.outcome
            )
            self.answer_referrers([as_head])

    def _mail(
        self,
        kind: MailKind,
        key: str,
        facts: MailFacts,
        useful_until: datetime,
        about_id: Id | None,
        agency_id: Id,
        to: Listener | None,
    ) -> Mail:
        return Mail(
            id=self.new_id(),
            key=key,
            kind=kind,
            queued_at=self.now,
            useful_until=useful_until,
            facts=facts,
            about_id=about_id,
            agency_id=agency_id,
            worker_id=None if to is None else to.worker_id,
        )


def _wants_no_letter(to: Listener, kind: MailKind) -> bool:
    return to.choice is MailChoice.OFF or (to.choice is MailChoice.DAILY and kind in GATHERED)


def _say_to_referrer(step: ReferralProgress) -> tuple[MailKind, MailFacts] | None:
    """What a step gives to say: that more is needed, or the outcome; anything between is nobody's to hear."""
    if step.state is ReferralState.NEEDS_INFORMATION:
        return MailKind.REFERRAL_QUESTION, MailFacts()
    outcome = normalise_outcome(step.outcome) if step.outcome else None
    return None if outcome is None else (MailKind.REFERRAL_OUTCOME, MailFacts(outcome=outcome.code))


def _to_them(facts: MailFacts, to: Reachable) -> MailFacts:
    """In the language in which they told us. Only our own form gave its reporters a reference that our pages know."""
    is_ours = to.source == AlertSource.COUNCIL_FORM.value and OUR_REFERENCE.fullmatch(to.source_reference) is not None
    return msgspec.structs.replace(facts, reference=to.source_reference if is_ours else "", language=to.language)


def try_again(access: Access, mail_id: Id) -> None:
    """Let a mail that failed be sent at the next round. Raises NotFound for any other."""
    access.require(Act.SEE_OUTBOX, detail=mail_id)
    if not outbox.try_again(access.session, mail_id, access.now):
        raise NotFound
