"""A whole partnership in one file: districts, agencies, teams, workers, agreements; planned, applied, undone, exported."""
