from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from webapp.labels import spatial_index


def make(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    del apps
    spatial_index.ensure(schema_editor.connection)


def remove(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    del apps
    spatial_index.remove(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("labels", "0001_initial")]

    operations = [migrations.RunPython(make, remove)]
