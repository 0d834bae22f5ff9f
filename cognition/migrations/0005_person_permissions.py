"""Permissions to export and to delete all that is kept of a person."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("cognition", "0004_preferences")]

    operations = [
        migrations.AlterModelOptions(
            name="conversation",
            options={
                "default_permissions": ("view", "delete"),
                "ordering": ("-created_at",),
                "permissions": (
                    ("export_person", "Can export all that is kept of a person"),
                    ("forget_person", "Can delete all that is kept of a person"),
                ),
            },
        ),
    ]
