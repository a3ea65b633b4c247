from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("labels", "0002_spatial_index")]

    operations = [
        migrations.AddField("edit", "cut", models.JSONField(default=list)),
    ]
