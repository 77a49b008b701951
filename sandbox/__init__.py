"""Faithful imitations of the outside APIs, for demos and tests. Imports no app of the project."""
