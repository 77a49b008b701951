"""The tests' settings on a database of the simulation's own, in memory."""

from tests.settings import *  # noqa: F403

from .database import memory

DATABASES = {
    "default": {
        "ENGINE": "tests.simulation.database",
        "NAME": memory.NAME,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            # Only one worker runs at a time, so whoever waits for a lock waits for ever: be quick to tell.
            "timeout": 2,
            # More than a story has kinds of them.
            "cached_statements": 1000,
        },
    }
}


class _FromModels:
    """Tables as the models say: migrations have tests of their own, and take seconds."""

    def __contains__(self, app: str) -> bool:
        return True

    def __getitem__(self, app: str) -> None:
        return None


MIGRATION_MODULES = _FromModels()
EVOTOR_API_URL = "https://evotor.simulation"
VK_API_URL = "https://vk.simulation"
HEALTH_CHECK_INTERVAL_SECONDS = 8000
LOGGING_CONFIG = None
