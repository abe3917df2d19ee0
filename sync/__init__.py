"""The protocol by which phones and the server keep the same record: one code for both sides.

No sockets, no SQL, no clock, no randomness: a half is told what arrived and says what to store and what to send. README.md
beside this file is the protocol on one page.
"""

from sync.wire import Refused

__all__ = ["Refused"]
