import django.db.models.deletion
import django.db.models.manager
from django.conf import settings
from django.db import migrations, models

from dext_sync.businesses.row_security import protect


class Migration(migrations.Migration):

    dependencies = [
        ('businesses', '0003_invitation_limits'),
        ('publishing', '0005_claims_name_contacts'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ColumnChoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('workspace', models.CharField(choices=[('costs', 'Costs'), ('sales', 'Sales')], max_length=5)),
                ('columns', models.JSONField(default=list)),
                ('business', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='businesses.business')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'unscoped',
                'default_manager_name': 'unscoped',
                'constraints': [models.UniqueConstraint(fields=('business', 'person', 'workspace'), name='one_choice_a_list')],
            },
            managers=[
                ('unscoped', django.db.models.manager.Manager()),
            ],
        ),
        protect("publishing_columnchoice"),
    ]
