"""The notice board of those who work with one another: what they ask, offer and have learned. It names nobody by rule.

What is hung is checked for names that whoever writes may know, and for days, addresses and numbers. Whom they do not know cannot
be looked for without telling them that there is a record; a coordinator takes anything down, and its words are gone then.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from server.access import Access
from server.database.locks import lock_records
from server.problems import InvalidFields, NotFound
from server.queries.cases import cases
from server.queries.partnership import learning
from server.queries.partnership.learning import BoardNotice
from shared.model.value import Id
from shared.policy import Act, Subject
from shared.rules.case_study import find_identifying

HANGS_DAYS = 30
HANGS_AT_MOST_DAYS = 180
LONGEST_TITLE, LONGEST = 120, 5_000
PURPOSE = "notice board"
BOARD = "notice board"
"""One at a time writes on it: of two presses at one moment one hangs, and nobody answers what is being taken down."""


def list_board(access: Access) -> list[BoardNotice]:
    """What hangs today, the newest first."""
    access.require(Act.SEE_LEARNING, purpose=PURPOSE)
    return learning.list_notices(access.session, access.today)


def hang(access: Access, title: str, content: str, until_on: date | None) -> None:
    """Hang a notice. What hangs already in the same words hangs once, until the day that was said last. Raises InvalidFields."""
    access.require(Act.WRITE_ON_BOARD, purpose=PURPOSE)
    lock_records(access.session, [BOARD])
    until_on = until_on or access.today + timedelta(days=HANGS_DAYS)
    wrong = _check(access, {"title": title, "content": content})
    if not title.strip():
        wrong["title"] = "Give it a title."
    if not access.today <= until_on <= access.today + timedelta(days=HANGS_AT_MOST_DAYS):
        wrong["until_on"] = f"Choose a day from today on, within {HANGS_AT_MOST_DAYS} days."
    if wrong:
        raise InvalidFields(wrong)
    _add(access, title.strip(), content.strip(), until_on)


def answer(access: Access, notice_id: Id, content: str) -> None:
    """Answer a notice that hangs. Raises NotFound, InvalidFields."""
    access.require(Act.WRITE_ON_BOARD, purpose=PURPOSE)
    lock_records(access.session, [BOARD])
    found = learning.find_notice(access.session, notice_id)
    if found is None or found.answers_id is not None or found.until_on < access.today:
        raise NotFound
    wrong = _check(access, {"content": content})
    if wrong:
        raise InvalidFields({f"answer-{notice_id}": wrong["content"]})
    _add(access, "", content.strip(), found.until_on, notice_id)


def take_down(access: Access, notice_id: Id) -> None:
    """Take down what one's own service hung; a coordinator anything. Raises NotFound."""
    lock_records(access.session, [BOARD])
    found = learning.find_notice(access.session, notice_id)
    subject = None if found is None else Subject(id=notice_id, owner_agency_id=found.agency_id)
    access.require(Act.TAKE_DOWN, subject, purpose=PURPOSE, detail=notice_id)
    learning.take_down_notice(access.session, notice_id, access.now, access.actor.worker_id)


def _add(access: Access, title: str, content: str, until_on: date, answers_id: Id | None = None) -> None:
    hangs: Sequence[BoardNotice] = learning.list_notices(access.session, access.today)
    own = access.actor.worker_id
    told = (own, title, content, answers_id)
    same = [each for each in hangs if (each.worker_id, each.title, each.content, each.answers_id) == told]
    if same:
        learning.set_last_day(access.session, same[0].id, until_on)
        return
    learning.add_notice(
        access.session,
        BoardNotice(
            id=access.new_id(), answers_id=answers_id, agency_id=access.actor.agency_id, worker_id=own,
            posted_at=access.now, until_on=until_on, title=title, content=content,
        ),
    )  # fmt: skip


def _check(access: Access, texts: dict[str, str]) -> dict[str, str]:
    """What is wrong with each text: nothing in it, too much, or somebody told of."""
    names = {
        name
        for _, person in cases.list_discussed(access.session, access.actor.district_ids)
        for name in (person.name, person.alias)
        if name
    }
    wrong = {}
    for field, text in texts.items():
        longest = LONGEST_TITLE if field == "title" else LONGEST
        told = find_identifying(text, names, (), in_part=False)
        if field == "content" and not text.strip():
            wrong[field] = "Write what you want to say."
        elif len(text) > longest:
            wrong[field] = f"Use {longest:,} characters or fewer."
        elif told:
            wrong[field] = f"Nobody is told of here. Take out: {', '.join(told)}."
    return wrong
