"""What screens ask of an unlocked phone: recording, finding, shifts, the tray."""
