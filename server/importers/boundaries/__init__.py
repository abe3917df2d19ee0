"""District boundaries: GeoJSON polygons with a code and a name each."""
