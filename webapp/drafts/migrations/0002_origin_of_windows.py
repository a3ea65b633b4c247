from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import OuterRef, Subquery


def note_origin(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Windows kept so far count from where their layers' grids begin now."""
    del schema_editor
    steps = apps.get_model("drafts", "DraftStep").objects.exclude(window=None)
    layers = apps.get_model("imaging", "Layer").objects.filter(drafts__steps=OuterRef("pk"))
    steps.update(
        grid_left=Subquery(layers.values("left")[:1]), grid_top=Subquery(layers.values("top")[:1])
    )


class Migration(migrations.Migration):
    dependencies = [("drafts", "0001_initial"), ("imaging", "0001_initial")]

    operations = [
        migrations.AddField("draftstep", "grid_left", models.FloatField(default=0.0)),
        migrations.AddField("draftstep", "grid_top", models.FloatField(default=0.0)),
        migrations.RunPython(note_origin, migrations.RunPython.noop),
    ]
