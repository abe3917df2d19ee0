"""Coverage-guided fuzzing of whatever comes in from outside: `make fuzz`."""
