"""Figures by measuring: counted instructions, bytes of a build, cost tables, peers quoted beside them."""
