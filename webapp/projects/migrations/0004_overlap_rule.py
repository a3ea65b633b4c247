from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("projects", "0003_archive")]

    operations = [
        migrations.AddField(
            "project",
            "overlaps",
            models.CharField(
                choices=[("allowed", "Allowed"), ("reported", "Reported"), ("cut", "Cut")],
                default="reported",
                max_length=10,
            ),
        ),
    ]
