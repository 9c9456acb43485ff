from django.db import migrations, models

from dext_sync.businesses.row_security import gives_way


class Migration(migrations.Migration):

    dependencies = [
        ('businesses', '0001_squashed_0007_reviews'),
    ]

    operations = [
        gives_way(),
        migrations.AddField(
            model_name='business',
            name='requires_two_factor',
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
