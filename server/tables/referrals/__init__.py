"""Tables about referrals and imports."""
