"""What people and phones do to the record, one verb a function. Each takes an open door or a session, and `now`.

Nothing here knows HTTP, a page or a command line.
"""
