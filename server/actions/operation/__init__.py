"""Signing in, enrolling phones, the ledger, and letting mails out."""
