"""The short form of the assessment: a question at a time."""
