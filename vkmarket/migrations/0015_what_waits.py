from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0006_newest"),
        ("connections", "0005_rights_to_goods"),
        ("vkmarket", "0014_in_vk"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="listing",
            name="listing_due",
        ),
        migrations.AddIndex(
            model_name="listing",
            index=models.Index(fields=["community", "lane", "due_at", "blocked", "hold"], name="listing_due"),
        ),
    ]
