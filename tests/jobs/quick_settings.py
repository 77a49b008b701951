"""The project's settings for workers whose lost jobs come back within seconds."""

from evosync.settings import *  # noqa: F403
from evosync.settings import Q_CLUSTER

Q_CLUSTER = Q_CLUSTER | {"timeout": 8, "retry": 10}
