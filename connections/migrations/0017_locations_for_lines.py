from django.db import migrations, models

from dext_sync.businesses.row_security import gives_way


class Migration(migrations.Migration):

    dependencies = [
        ('connections', '0016_connection_event_connected'),
    ]

    operations = [
        gives_way(),
        migrations.AddField(
            model_name='location',
            name='lines_only',
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
