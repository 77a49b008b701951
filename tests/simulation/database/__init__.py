"""A database engine of Django: SQLite with `base.py`'s points of interruption."""
