"""Districts, agencies with their agreements and teams, workers, and who may see what."""
