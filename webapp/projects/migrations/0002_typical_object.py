from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("projects", "0001_initial")]

    operations = [
        migrations.AddField(
            "project", "typical_object_m", models.FloatField(null=True, blank=True)
        ),
    ]
