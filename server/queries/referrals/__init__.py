"""Alerts and referrals, the inbox, and what importers brought."""
