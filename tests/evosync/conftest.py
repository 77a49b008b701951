from tests.operating import naps, operate

__all__ = ["naps", "operate"]
