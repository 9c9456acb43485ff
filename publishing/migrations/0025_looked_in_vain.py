import datetime

from django.db import migrations, models

from dext_sync.businesses.row_security import gives_way


class Migration(migrations.Migration):

    dependencies = [
        ('publishing', '0024_no_attempt_is_abandoned'),
    ]

    operations = [
        gives_way(),
        migrations.AddField(
            model_name='step',
            name='failed_look_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='step',
            name='looked_in_vain',
            field=models.DurationField(db_default=datetime.timedelta(0), default=datetime.timedelta(0)),
        ),
    ]
