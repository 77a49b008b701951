"""What tests of linking share: a linked merchant, and what the database says of it."""

import re

from connections.linking import link_vk
from sandbox import seed


def linked(merchant, **given):
    return link_vk(merchant, given.get("token", seed.VK_TOKEN), given.get("group_id", seed.VK_GROUP_ID))


def row(model, merchant):
    """What the database says, not what is in memory."""
    return model.objects.get(user=merchant)


def assert_refused(model, merchant, fault):
    kept = row(model, merchant)
    assert (kept.is_online, kept.last_error) == (False, fault)
    assert kept.last_checked_at is not None


def text(answer) -> str:
    """A page as one line."""
    return re.sub(r"\s+", " ", answer.content.decode())
