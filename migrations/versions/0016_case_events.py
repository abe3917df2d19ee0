"""Keep every step of a case; leave what is taken off an agenda with its words; count the versions of an outcome.

What is known of earlier steps is taken from the audit (who decided what, when), from conferences and hand-overs.

Revision 0016, after 0015.
"""

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

STATES = ("candidate", "listed", "open", "closed", "declined")
STEPS = ("came", "returned", "put_forward", "listed", "declined", "same_person", "discussed", "closed", "moved")
SAME_PERSON = "Found to be the same person as somebody on a list already"
CASES = sa.text("SELECT id, state, since, reason, put_forward_by, closed_at, outcome, district_id FROM mdt_case ORDER BY id")
DECIDED = sa.text(
    "SELECT subject_id, at, actor_id, detail FROM audit WHERE subject_kind = 'case' AND action = 'change_case' "
    "AND allowed AND detail IN ('listed', 'declined', 'closed') ORDER BY at, id"
)
REVIEWED = sa.text("SELECT case_id, at, outcome, conference_id FROM case_review ORDER BY at, id")
MOVED = sa.text("SELECT case_id, at, worker_id, reason, from_district_id, to_district_id FROM case_move ORDER BY at, id")
ADD = sa.text(
    "INSERT INTO case_event (id, case_id, number, at, step, from_state, to_state, worker_id, reason, conference_id, "
    "district_id) VALUES (:id, :case_id, :number, :at, :step, :from_state, :to_state, :worker_id, :reason, "
    ":conference_id, :district_id)"
)


def upgrade() -> None:
    moment, key, code = sa.DateTime(timezone=True), sa.String(length=36), sa.String(length=64)
    known = {"step": STEPS, "from_state": STATES, "to_state": STATES}
    op.create_table(
        "case_event",
        sa.Column("id", key, nullable=False),
        sa.Column("case_id", key, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("step", code, nullable=False),
        sa.Column("from_state", code, nullable=True),
        sa.Column("to_state", code, nullable=False),
        sa.Column("worker_id", key, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("conference_id", key, nullable=True),
        sa.Column("district_id", key, nullable=False),
        *(
            sa.CheckConstraint(
                f"{column} IN ({', '.join(repr(word) for word in words)})", name=op.f(f"ck_case_event_{column}_is_known")
            )
            for column, words in known.items()
        ),
        sa.CheckConstraint("number >= 1", name=op.f("ck_case_event_number_counts_from_one")),
        sa.ForeignKeyConstraint(["case_id"], ["mdt_case.id"], name=op.f("fk_case_event_case_id_mdt_case")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_case_event_district_id_district")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_event")),
        sa.UniqueConstraint("case_id", "number", name=op.f("uq_case_event_case_id_number")),
    )
    op.create_index(op.f("ix_case_event_case_id"), "case_event", ["case_id"])
    op.add_column("agenda_item", sa.Column("off_at", moment, nullable=True))
    op.add_column("agenda_item", sa.Column("off_reason", sa.Text(), nullable=False, server_default=""))
    op.add_column("conference_note", sa.Column("outcome_version", sa.Integer(), nullable=False, server_default="0"))
    _fill(op.get_bind())


def _fill(connection: sa.Connection) -> None:
    """The steps that are on record, each with its day and author; one that is not on record is taken from the row."""
    steps: dict[str, list[tuple[object, str, str | None, str, str | None]]] = {}
    for case_id, at, actor_id, detail in connection.execute(DECIDED).all():
        steps.setdefault(case_id, []).append((at, detail, actor_id, "", None))
    for case_id, at, outcome, conference_id in connection.execute(REVIEWED).all():
        steps.setdefault(case_id, []).append((at, "discussed", None, outcome, conference_id))
    homes: dict[str, str] = {}
    for case_id, at, worker_id, reason, from_id, _ in connection.execute(MOVED).all():
        homes.setdefault(case_id, from_id)
        steps.setdefault(case_id, []).append((at, "moved", worker_id, reason, None))
    for row in connection.execute(CASES).mappings().all():
        _fill_case(connection, row, steps.get(row["id"], []), homes.get(row["id"], row["district_id"]))


def _fill_case(connection, row, known, home) -> None:  # type: ignore[no-untyped-def]
    """One case, from its beginning to the state it is in; the last step has the reason that the row holds."""
    began = "put_forward" if row["put_forward_by"] else "came"
    told = [(row["since"], began, row["put_forward_by"], "", None), *sorted(known, key=lambda each: str(each[0]))]
    state, events = None, []
    for at, step, worker_id, reason, conference_id in told:
        after = {"came": "candidate", "put_forward": "candidate", "discussed": "open", "moved": state}.get(step, step)
        if step == "discussed" and state in ("closed", "declined"):
            continue
        events.append([at, step, state, after, worker_id, reason, conference_id])
        state = after
    if state != row["state"]:
        events.append(_last(row, state))
    if not events[-1][5]:
        events[-1][5] = row["reason"] if row["state"] not in ("closed",) else row["outcome"] or row["reason"]
    for number, (at, step, before, after, worker_id, reason, conference_id) in enumerate(events, start=1):
        known_as = hashlib.sha256(f"{row['id']}/{number}".encode()).hexdigest()[:32]
        connection.execute(
            ADD,
            {
                "id": known_as, "case_id": row["id"], "number": number, "at": at, "step": step, "from_state": before,
                "to_state": after, "worker_id": worker_id, "reason": reason or "", "conference_id": conference_id,
                "district_id": home,
            },
        )  # fmt: skip


def _last(row, state):  # type: ignore[no-untyped-def]
    """The step that leads to the state of the row, where no record of it was found."""
    step = {"listed": "listed", "open": "discussed", "closed": "closed", "declined": "declined", "candidate": "came"}
    taken = "same_person" if row["outcome"] == SAME_PERSON else step[row["state"]]
    return [row["closed_at"] or row["since"], taken, state, row["state"], None, row["outcome"] or "", None]


def downgrade() -> None:
    op.drop_column("conference_note", "outcome_version")
    op.drop_column("agenda_item", "off_reason")
    op.drop_column("agenda_item", "off_at")
    op.drop_table("case_event")
