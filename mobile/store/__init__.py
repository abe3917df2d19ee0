"""The phone's encrypted memory: all SQL of mobile/ lives here. One noun a file; no judgement, no network."""
