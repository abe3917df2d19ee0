"""The domain: values and pure questions about them. It runs on the phone and on the server. No I/O, clock, randomness or SQL."""
