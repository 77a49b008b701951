"""What pages of lower rooms say of goods that are being taken out of VK."""

from django import template

from accounts.models import User
from vkmarket import removals

register = template.Library()


@register.simple_tag
def removal_of(user: User) -> removals.Progress | None:
    """`{% removal_of request.user as now %}`: one that goes on, or that ended without VK and left goods there."""
    return removals.notice(user)
