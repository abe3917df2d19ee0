"""What a page says after something was done. The address carries only the key, never a word of anybody's record."""

NOTICES = {
    "confirmed": "The verification is confirmed, with your reason.",
    "not_confirmed": "You did not confirm the verification. Your reason is kept with it.",
    "listed": "Put on the MDT case list.",
    "declined": "Not taken on. The reason is kept, and the person can be put forward again.",
    "closed_case": "The case is closed.",
    "assigned": "Assigned. It reaches the team’s phones at their next sync.",
    "needs_information": "Marked as needing information.",
    "duplicate": "Marked as the same as the other referral.",
    "not_duplicate": "Noted: these are two different referrals.",
    "offered": "Offered to the other district.",
    "closed": "Closed, with its outcome.",
    "revoked": "The device is revoked. It can send nothing and receive nothing from now on.",
    "wipe": "Wipe ordered. The phone sends what it still holds, sealed, and then forgets everything.",
    "adopted": "Adopted: what the phone sent is now part of the record, in your name.",
    "signed_out": "You are signed out.",
}
