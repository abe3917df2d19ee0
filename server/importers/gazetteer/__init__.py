"""Place names: what a worker may type and mean a point by."""
