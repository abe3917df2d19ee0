"""Boundaries, place names, hotspots, sightings and the national indicators."""
