"""Everything that is measured of a network, as one page and as JSON."""
