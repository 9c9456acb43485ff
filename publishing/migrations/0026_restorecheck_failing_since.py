from django.db import migrations, models

from dext_sync.businesses.row_security import gives_way


class Migration(migrations.Migration):

    dependencies = [
        ('publishing', '0025_looked_in_vain'),
    ]

    operations = [
        gives_way(),
        migrations.AddField(
            model_name='restorecheck',
            name='failing_since',
            field=models.DateTimeField(null=True),
        ),
    ]
