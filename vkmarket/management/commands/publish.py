from .sync import Command as SyncCommand


class Command(SyncCommand):
    help = "Plan from the mirrors as they are, send until nothing is due, confirm."
    refresh = False
