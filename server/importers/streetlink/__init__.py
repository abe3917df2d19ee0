"""StreetLink's export of alerts."""
