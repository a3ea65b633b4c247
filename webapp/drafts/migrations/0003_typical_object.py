from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("drafts", "0002_origin_of_windows")]

    operations = [
        migrations.AddField("draft", "typical_px", models.FloatField(null=True)),
    ]
