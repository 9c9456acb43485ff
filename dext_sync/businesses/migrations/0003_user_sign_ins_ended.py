from django.db import migrations, models

from dext_sync.businesses.row_security import gives_way


class Migration(migrations.Migration):

    dependencies = [
        ('businesses', '0002_business_requires_two_factor'),
    ]

    operations = [
        gives_way(),
        migrations.AddField(
            model_name='user',
            name='sign_ins_ended',
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
    ]
