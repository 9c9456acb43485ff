from django.db import migrations, models

from dext_sync.businesses.row_security import gives_way


class Migration(migrations.Migration):

    dependencies = [('businesses', '0004_support_access')]

    operations = [
        gives_way(),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(
                condition=models.Q(('role__in', ['owner', 'admin', 'accountant', 'standard'])),
                name='known_role',
            ),
        ),
    ]
