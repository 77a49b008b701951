from django.db import migrations, models
from django.db.models import Count, Max


def fill(apps, _schema_editor):
    """What `AttemptQuerySet.outdate` writes from now on, for the calls that are there."""
    attempts = apps.get_model("vkmarket", "Attempt").objects
    about = attempts.order_by().values("run", "listing", "album").annotate(last=Max("pk"), calls=Count("pk"))
    repeated = about.filter(run__isnull=False, calls__gt=1)
    for run, listing, album, last in list(repeated.values_list("run", "listing", "album", "last")):
        attempts.filter(run=run, listing=listing, album=album, pk__lt=last).update(newest=False)


class Migration(migrations.Migration):
    dependencies = [
        ("vkmarket", "0010_slices"),
    ]

    operations = [
        migrations.AddField(
            model_name="attempt",
            name="newest",
            field=models.BooleanField(default=True, editable=False),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        # Before the old ones go: MariaDB wants one for the foreign key at any moment.
        migrations.AddIndex(
            model_name="attempt",
            index=models.Index(fields=["run", "newest", "id"], name="attempt_run_order"),
        ),
        migrations.AddIndex(
            model_name="attempt",
            index=models.Index(fields=["run", "newest", "state", "id"], name="attempt_run_states"),
        ),
        migrations.RemoveIndex(
            model_name="attempt",
            name="attempt_outcomes",
        ),
        migrations.RemoveIndex(
            model_name="attempt",
            name="attempt_order",
        ),
    ]
