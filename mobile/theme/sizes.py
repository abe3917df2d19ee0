"""How large things are: density-independent lengths, and letter sizes that follow the phone's font scale.

`dp(TARGET)` is the least side of anything touched outdoors (gloves, rain); letters are `sp`, so that 200 % means 200 %.
"""

TARGET = 64
BIG = 80
ICON = 28
GAP = 8
EDGE = 12
ROUND = 14
SLOP = 14
"""How far a finger may wander (dp) before a press becomes a drag."""

LETTERS: dict[str, int] = {"title": 26, "head": 20, "body": 18, "small": 16}
"""Letter sizes in sp by role."""
