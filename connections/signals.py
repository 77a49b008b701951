"""What happens to connections, for the rooms above: they listen, since connections know none of them."""

from django.dispatch import Signal

# A till answers to a token that was just connected. Sent with `user`.
till_connected = Signal()
# A community was bound to a connection. Sent with `user`.
market_connected = Signal()
