import django.db.models.deletion
import django.db.models.manager
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from dext_sync.businesses.row_security import definer_function, protect, referable


class Migration(migrations.Migration):

    dependencies = [('businesses', '0003_user_sign_ins_ended')]

    operations = [
        migrations.CreateModel(
            name='SupportAccess',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('granted_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ends_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('business', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='businesses.business')),
                ('granted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'unscoped',
                'default_manager_name': 'unscoped',
            },
            managers=[('unscoped', django.db.models.manager.Manager())],
        ),
        migrations.CreateModel(
            name='Visit',
            fields=[],
            options={'proxy': True, 'indexes': [], 'constraints': []},
            bases=('businesses.membership',),
            managers=[('unscoped', django.db.models.manager.Manager())],
        ),
        protect('businesses_supportaccess'),
        referable('businesses_supportaccess'),
        # Of one business, or of all where no address is said.
        definer_function(
            'open_support_accesses',
            'of_slug text, at timestamptz',
            'TABLE (business_id bigint, id bigint)',
            """
            SELECT DISTINCT ON (access.business_id) access.business_id, access.id
            FROM businesses_supportaccess access
            JOIN businesses_business business ON business.id = access.business_id
            WHERE access.ended_at IS NULL AND access.ends_at > at
            AND of_slug IN ('', business.slug)
            ORDER BY access.business_id, access.ends_at DESC
            """,
        ),
    ]
