"""What the hardware gives: keystore, location, vibration, speech, battery. Each is a port with a quiet stand-in."""
