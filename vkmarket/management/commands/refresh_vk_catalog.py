from django.utils.text import format_lazy

from accounts.commands import FAILED, FINE, MerchantCommand, Outcome
from connections import linking
from connections.clients.errors import ApiError
from connections.models import ConnectionFault
from vkmarket import refreshing
from vkmarket.market import Market


class Command(MerchantCommand):
    help = "Read a community's items and albums into the mirror."

    def merchants(self):
        return super().merchants().filter(vk__isnull=False)

    def one(self, user, progress, **options):
        connection = getattr(user, "vk", None)
        if connection is None or connection.community is None:
            fault = ConnectionFault.NOT_CONNECTED
            return Outcome({"error": fault}, FAILED, format_lazy("VK: {}", fault.label))
        client = linking.vk_client(connection)
        try:
            showcase = Market(client, connection.community).read_all()
        except ApiError as error:
            linking.record(connection, error.fault, str(error))
            return Outcome({"error": error.fault}, FAILED, format_lazy("VK: {}", ConnectionFault(error.fault).label))
        changed, vanished = refreshing.mirror(showcase, connection.community)
        values = {
            "items": len(showcase.items),
            "albums": len(showcase.albums),
            "changed": len(changed),
            "vanished": len(vanished),
            "complete": showcase.complete,
            "requests": client.requests,
        }
        text = f"items {len(showcase.items)}, albums {len(showcase.albums)}, changed {len(changed)}"
        return Outcome(values, FINE if showcase.complete else FAILED, text)
