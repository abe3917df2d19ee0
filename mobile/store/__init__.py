"""The phone's encrypted memory: SQL lives here and nowhere else in mobile/. One noun a file; no judgement, no network."""
