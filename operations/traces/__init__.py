"""Traces kept, found and shown; and told to a collector. Recording is ticketing/lib/traces.py."""
