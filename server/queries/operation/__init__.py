"""What runs the service: audit, phones, jobs, mail, sessions and rate limits."""
