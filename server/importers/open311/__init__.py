"""Open311 GeoReport v2: service requests about people sleeping rough."""
