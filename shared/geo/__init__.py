"""Where and when on the ground: distance, the grid, the outreach night. No I/O, no projection library, no clock."""
