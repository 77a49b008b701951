"""What a till's token may read: found out by asking, since Evotor tells of a right only by refusing (403)."""

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any

from .clients import errors
from .clients.evotor import EvotorClient
from .models import ConnectionFault

# So many stores are asked until one answers: a token has its rights for all of them.
ASKED = 3
# By whether product groups and products may be read.
FAULTS = {
    (True, True): ConnectionFault.NONE,
    (True, False): ConnectionFault.NO_PRODUCTS,
    (False, True): ConnectionFault.NO_GROUPS,
    (False, False): ConnectionFault.NO_CATALOG,
}


def lacking(client: EvotorClient, stores: Sequence[str]) -> ConnectionFault:
    """The right to the goods of these stores that the token lacks; NONE also where that cannot be told now.

    A store in which the application is not installed (402) tells nothing. Raises AuthenticationError.
    """
    for store in stores[:ASKED]:
        try:
            return FAULTS[_may(client.groups, store), _may(client.products, store)]
        except errors.NotInstalled:
            continue
        except errors.AuthenticationError:
            raise
        except errors.ApiError:
            break
    return ConnectionFault.NONE


def _may(read: Callable[[str], Iterable[Any]], store: str) -> bool:
    """Whether a list of the store may be read: its first page is asked for."""
    try:
        list(islice(read(store), 1))
    except errors.AccessDenied:
        return False
    return True
