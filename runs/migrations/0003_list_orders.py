"""Lists sorted by start or by name read an index: MLflow's interface asks for start time on every page."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("runs", "0002_beyond_the_orm")]
    operations = [
        migrations.AddIndex("run", models.Index(fields=["experiment", "started", "id"], name="run_experiment_started")),
        migrations.AddIndex("run", models.Index(fields=["experiment", "name", "id"], name="run_experiment_name")),
    ]
