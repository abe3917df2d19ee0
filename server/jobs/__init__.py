"""What runs by itself: mails sent, reminders and digests written, what is past its time deleted.

A job is told the time, does what is due, and says how much it did. Every one may be run again at once, or by two at a
time, and does nothing twice.
"""
