"""Clients of the outside APIs: one file speaks to one API, none knows a model."""
