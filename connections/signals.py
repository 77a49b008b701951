"""What upper rooms may want to know of connections."""

from django.dispatch import Signal

# A merchant disconnects a service. Sent by `linking` before the tokens go, so that a receiver may still use them:
# sender=the connection's model, connection, community (a VK connection's, else None), goods="keep"|"hide"|"delete".
connection_removed = Signal()
