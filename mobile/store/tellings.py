"""What people told once and agreed to share, as far as this phone's own team wrote it down."""

from mobile.store.database import Connection
from mobile.store.rows import body_of, read_body, to_ms
from shared.model.assessment import AnswerGiven
from shared.model.consent import ConsentSaid
from shared.model.value import Id


def put_answer(connection: Connection, answer: AnswerGiven) -> None:
    """Keep an answer."""
    connection.execute(
        "INSERT OR IGNORE INTO answer (id, person_id, question, at, body) VALUES (?, ?, ?, ?, ?)",
        (answer.id, answer.person_id, answer.question, to_ms(answer.at), body_of(answer)),
    )


def put_consent(connection: Connection, said: ConsentSaid) -> None:
    """Keep what somebody said about sharing."""
    connection.execute(
        "INSERT OR IGNORE INTO consent (id, person_id, at, body) VALUES (?, ?, ?, ?)",
        (said.id, said.person_id, to_ms(said.at), body_of(said)),
    )


def list_answers(connection: Connection, person_ids: tuple[Id, ...]) -> list[AnswerGiven]:
    """Every answer of one person under all their ids, the oldest first."""
    marks = ", ".join("?" * len(person_ids))
    rows = connection.execute(f"SELECT body FROM answer WHERE person_id IN ({marks}) ORDER BY at, id", person_ids)
    return [read_body(body, AnswerGiven) for (body,) in rows]


def list_consents(connection: Connection, person_ids: tuple[Id, ...]) -> list[ConsentSaid]:
    """Every word about sharing of one person under all their ids, the oldest first."""
    marks = ", ".join("?" * len(person_ids))
    rows = connection.execute(f"SELECT body FROM consent WHERE person_id IN ({marks}) ORDER BY at, id", person_ids)
    return [read_body(body, ConsentSaid) for (body,) in rows]


def list_answer_ids(connection: Connection, person_id: Id) -> list[Id]:
    """The answers of one id: each travels under its own."""
    return [row for (row,) in connection.execute("SELECT id FROM answer WHERE person_id = ?", (person_id,))]
