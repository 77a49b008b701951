"""Who may see which rows: the one place that asks guardian."""

from django.db import models
from guardian.shortcuts import get_objects_for_user


class OwnedQuerySet(models.QuerySet):
    """Rows that belong to a merchant, found by `owner`, the path to the user."""

    owner = "user"

    def of(self, user):
        return self.filter(**{self.owner: user})

    def visible_to(self, user):
        """The user's own rows, and those that staff rights or an object permission open."""
        if user.is_superuser:
            return self
        permission = f"{self.model._meta.app_label}.view_{self.model._meta.model_name}"
        shared = get_objects_for_user(user, permission, klass=self.model, accept_global_perms=user.is_staff)
        return self.filter(models.Q(**{self.owner: user}) | models.Q(pk__in=shared.values("pk")))
