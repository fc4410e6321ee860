"""What Django's models cannot say: immutable properties, the text index, storage of binary columns.

Triggers of SQLite go away when Django rebuilds their table (AlterField): tests/models/test_triggers.py fails then.
"""

from django.db import migrations

PROPERTY_KIND = 4
REFUSAL = "properties are immutable"

SQLITE = [
    # A property is never changed, and removed only with its run, out of the trash.
    f"""CREATE TRIGGER property_no_update BEFORE UPDATE ON runs_runattr
    WHEN (SELECT kind FROM runs_key WHERE id = old.key_id) = {PROPERTY_KIND}
      AND (new.key_id <> old.key_id OR new.run_id <> old.run_id OR new.txt IS NOT old.txt OR new.long IS NOT old.long)
    BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",
    f"""CREATE TRIGGER property_no_delete BEFORE DELETE ON runs_runattr
    WHEN (SELECT kind FROM runs_key WHERE id = old.key_id) = {PROPERTY_KIND}
      AND EXISTS (SELECT 1 FROM runs_run WHERE id = old.run_id AND lifecycle <> 2)
    BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",
    "CREATE VIRTUAL TABLE runs_fts USING fts5(search, content='runs_runtext', content_rowid='run_id', tokenize='trigram')",
    """CREATE TRIGGER fts_insert AFTER INSERT ON runs_runtext
    BEGIN INSERT INTO runs_fts(rowid, search) VALUES (new.run_id, new.search); END""",
    """CREATE TRIGGER fts_delete AFTER DELETE ON runs_runtext
    BEGIN INSERT INTO runs_fts(runs_fts, rowid, search) VALUES ('delete', old.run_id, old.search); END""",
    """CREATE TRIGGER fts_update AFTER UPDATE OF search ON runs_runtext WHEN new.search <> old.search
    BEGIN
      INSERT INTO runs_fts(runs_fts, rowid, search) VALUES ('delete', old.run_id, old.search);
      INSERT INTO runs_fts(rowid, search) VALUES (new.run_id, new.search);
    END""",
]

POSTGRES = [
    f"""CREATE FUNCTION refuse_property_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF (SELECT kind FROM runs_key WHERE id = OLD.key_id) = {PROPERTY_KIND} THEN
        IF TG_OP = 'UPDATE' THEN
          IF NEW.key_id <> OLD.key_id OR NEW.run_id <> OLD.run_id OR NEW.txt IS DISTINCT FROM OLD.txt
             OR NEW.long IS DISTINCT FROM OLD.long THEN
            RAISE EXCEPTION '{REFUSAL}';
          END IF;
        ELSIF EXISTS (SELECT 1 FROM runs_run WHERE id = OLD.run_id AND lifecycle <> 2) THEN
          RAISE EXCEPTION '{REFUSAL}';
        END IF;
      END IF;
      IF TG_OP = 'UPDATE' THEN RETURN NEW; END IF;
      RETURN OLD;
    END $$""",
    """CREATE TRIGGER property_immutable BEFORE UPDATE OR DELETE ON runs_runattr
    FOR EACH ROW EXECUTE FUNCTION refuse_property_change()""",
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE EXTENSION IF NOT EXISTS btree_gin",
    "CREATE INDEX runtext_search ON runs_runtext USING gin (experiment_id, search gin_trgm_ops)",
    # The default compressor works in vain on bodies that are compressed already (write CPU -13 to -35 %).
    "ALTER TABLE runs_metrictail ALTER COLUMN body SET STORAGE EXTERNAL",
    "ALTER TABLE runs_metricchunk ALTER COLUMN body SET STORAGE EXTERNAL",
    "ALTER TABLE runs_metricchunk ALTER COLUMN sketch SET STORAGE EXTERNAL",
    # Index-only scans depend on the visibility map; the tail turns over all the time.
    "ALTER TABLE runs_runattr SET (autovacuum_vacuum_insert_scale_factor = 0.02)",
    "ALTER TABLE runs_runmetric SET (autovacuum_vacuum_insert_scale_factor = 0.02)",
    "ALTER TABLE runs_run SET (autovacuum_vacuum_insert_scale_factor = 0.02)",
    "ALTER TABLE runs_metrictail SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000)",
]

SQLITE_BACK = [
    *(f"DROP TRIGGER {name}" for name in ("property_no_update", "property_no_delete")),
    *(f"DROP TRIGGER {name}" for name in ("fts_insert", "fts_delete", "fts_update")),
    "DROP TABLE runs_fts",
]
POSTGRES_BACK = [
    "DROP TRIGGER property_immutable ON runs_runattr",
    "DROP FUNCTION refuse_property_change()",
    "DROP INDEX runtext_search",
]


def _run(schema_editor, statements):
    for statement in statements:
        schema_editor.execute(statement)


def forwards(apps, schema_editor):
    _run(schema_editor, POSTGRES if schema_editor.connection.vendor == "postgresql" else SQLITE)


def backwards(apps, schema_editor):
    _run(schema_editor, POSTGRES_BACK if schema_editor.connection.vendor == "postgresql" else SQLITE_BACK)


class Migration(migrations.Migration):
    dependencies = [("runs", "0001_first")]
    operations = [migrations.RunPython(forwards, backwards)]
