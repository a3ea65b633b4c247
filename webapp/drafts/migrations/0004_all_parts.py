from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("drafts", "0003_typical_object")]

    operations = [
        migrations.AddField("draft", "keep_all", models.BooleanField(default=False)),
        migrations.AddField("draftstep", "all_parts", models.BinaryField(default=bytes)),
    ]
