"""Who may do what, decided from values alone: `decide(actor, action, subject, today)`. The one door that uses it is
the server's."""

from shared.policy.actions import Act
from shared.policy.actor import Actor
from shared.policy.decide import Allow, Decision, Deny, decide, teams_within
from shared.policy.subject import Subject, SubjectKind

__all__ = ["Act", "Actor", "Allow", "Decision", "Deny", "Subject", "SubjectKind", "decide", "teams_within"]
