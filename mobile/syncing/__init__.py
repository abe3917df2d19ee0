"""The phone's road to the server: the sync worker, HTTP, enrolment, and what is fetched beside."""
