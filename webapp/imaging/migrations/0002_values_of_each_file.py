from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("imaging", "0001_initial")]

    operations = [migrations.AddField("image", "band_values", models.JSONField(default=list))]
