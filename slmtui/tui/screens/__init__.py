"""One screen a station, its style beside it."""
