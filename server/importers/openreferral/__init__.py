"""Services as Open Referral UK writes them (HSDS-UK 3.0): read from feeds and files, and written as a feed."""
