"""Meters read, merged and kept: live ones from Redis (`live`), history in PostgreSQL (`rollup`), answers (`reading`)."""
