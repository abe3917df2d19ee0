"""Reports of one place are gathered round the one that most are like, and a chain of likenesses is no cluster."""

from datetime import UTC, date, datetime, timedelta

from shared.model.codes import AlertSource
from shared.model.referral import Referral
from shared.rules.one_place import gather

NOW = datetime(2026, 11, 14, 21, 40, tzinfo=UTC)


def report(name: str, hours: int = 0) -> Referral:
    return Referral(id=name, number=name, alert_id=name, source=AlertSource.STREETLINK, due_on=date(2026, 11, 27),
                    reported_at=NOW + timedelta(hours=hours))  # fmt: skip


A, B, C, D, E, F = (report(name, hours) for hours, name in enumerate("abcdef"))


def test_eleven_alike_are_one_cluster_with_the_oldest_as_head() -> None:
    eleven = [report(f"r{number:02}", number) for number in range(11)]
    (found,) = gather((one, other) for one in eleven for other in eleven if one.id < other.id)
    assert (found.head.id, len(found.members)) == ("r00", 10)
    assert [each.id for each in found.members][:2] == ["r01", "r02"]


def test_a_pair_is_no_cluster() -> None:
    assert gather([(A, B), (C, D)]) == []


def test_each_member_is_like_the_head_itself() -> None:
    (found,) = gather([(A, B), (B, C), (C, D), (D, E)])
    assert found.head.id == "b" and {each.id for each in found.members} == {"a", "c"}


def test_nobody_is_in_two_clusters() -> None:
    found = gather([(A, B), (A, C), (A, D), (D, E), (D, F)])
    assert [(each.head.id, [member.id for member in each.members]) for each in found] == [("a", ["b", "c", "d"])]
