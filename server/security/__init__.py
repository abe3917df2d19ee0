"""What secrets are made and checked with:

passwords, tokens, second factors, the server's own keys. No SQL, no HTTP here.
"""
