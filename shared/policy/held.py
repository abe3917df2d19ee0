"""The words in which a phone, and whoever decides, hear why a pushed change was held. None says what a record holds."""

from shared.policy.actions import Act

NOT_KNOWN = "names a record that your team does not know: whoever leads or coordinates there decides"
NO_WORKER = "whoever carried this phone does not work here any more"
UNCONFIRMED = "nobody has compared this phone's four digits yet"
OTHER_TEAM = "recorded for a team that its worker does not walk with"
OTHER_NAME = "recorded in the name of a worker who does not carry this phone"
OTHER_SHIFT = "about a shift that this worker does not walk"
TAKEN_ID = "uses the number of a record that is there already"
OTHER_ENTITY = "filed under a record that it does not name"
OUTSIDE = "somebody new in a district that this team does not walk: whoever leads or coordinates there decides"
FIRST_WORD = "that two records are one is looked at by a second: somebody else says so first, on the page Same person?"
ONE_DIED = "would make somebody who lives one with a record of somebody who died: say the death in both first, or strike it out"
HIDES = "would hide somebody from those who work with them"
TIME_AHEAD = "says a time that has not come yet"
TIME_BEFORE = "says a time before 2000"
DAY_AHEAD = "gives a day of somebody's life that has not come yet"
DAY_BEFORE = "gives a day of somebody's life before 1900"
OTHER_NIGHT = "its night and its time do not fit"
LONG_PROMISE = "promises a check-in more than a day away"

NEEDS_SOMEBODY_ELSE = {
    Act.MERGE_PEOPLE: "making two records one is for the team lead or the coordinator",
    Act.STATE_BASIS: "saying that something is shared without asking is for the coordinator",
    Act.JUDGE_VERIFICATION: "judging a verification is for the coordinator",
    Act.ASSIGN_REFERRAL: "giving a referral to a team or a worker is for the team lead or the coordinator",
}
"""What to say where the writer's role does not include an act; else the words of the decision itself."""
