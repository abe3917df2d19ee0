"""All SQL of the server, one noun a file.

`find_` may answer None, `get_` raises, `list_` answers a list, the rest writes.

Queries take a Session whose transaction somebody else opened, and return Structs. They decide nothing about who may
ask.
"""
