from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("engines", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="engine",
            name="capacity",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="engine",
            name="holder",
            field=models.CharField(blank=True, max_length=200, default=""),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="engine",
            name="connection",
            field=models.CharField(blank=True, max_length=32, default=""),
            preserve_default=False,
        ),
    ]
