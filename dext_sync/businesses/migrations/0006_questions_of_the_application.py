from django.db import migrations

from dext_sync.businesses.row_security import NOT_FOR_EVERYBODY


class Migration(migrations.Migration):
    dependencies = [("businesses", "0005_failure_mails")]

    operations = [
        # Those that were made before definer_function took the right away itself.
        migrations.RunSQL(NOT_FOR_EVERYBODY, migrations.RunSQL.noop),
    ]
