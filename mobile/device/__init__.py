"""What the hardware gives: keystore, location, vibration, speech, battery. Each behind a port, with a quiet stand-in."""
