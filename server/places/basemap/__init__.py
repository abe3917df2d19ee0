"""Streets under the maps, from a file of vector tiles that the operator has: OS Open Zoomstack's MBTiles, or any PMTiles."""
