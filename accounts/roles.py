"""What each role may do in the admin. A role is a Django group; `system` needs no list: it is the superuser.

The groups are made by the first migration; one that is gone comes back after the next, when rights are set as well, as
models come and go. Only rights are added here, so what an installation granted its admins beyond this stays.
"""

from django.apps import AppConfig
from django.contrib.auth.models import Group, Permission
from django.db.models import Q

from .models import Role

# A session's key would let one walk in as another.
UNSEEN_APPS = {"sessions"}
# What admins look after. Tokens are on no page of the admin, so changing a connection never shows or sets one.
CHANGEABLE = {
    "accounts": ["user"],
    "connections": ["evotorconnection", "vkconnection", "ozonconnection"],
    "catalog": ["syncconfig", "syncfilter"],
}


def grant(sender: AppConfig, using: str = "default", **kwargs) -> None:
    """Give the role `admin` its rights on the models of one app (post_migrate; repeating changes nothing)."""
    if sender.label == "accounts":
        for role in Role.values:
            Group.objects.using(using).get_or_create(name=role)
    if sender.label in UNSEEN_APPS:
        return
    wanted = Q(codename__startswith="view_")
    for model in CHANGEABLE.get(sender.label, []):
        wanted |= Q(codename=f"change_{model}")
    rights = Permission.objects.using(using).filter(wanted, content_type__app_label=sender.label)
    if rights:
        admins, _created = Group.objects.using(using).get_or_create(name=Role.ADMIN)
        admins.permissions.add(*rights)
