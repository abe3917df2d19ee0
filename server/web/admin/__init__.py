"""Pages of an administrator: phones, enrolment, workers, agencies and their agreements."""
