import django.db.models.deletion
import django.db.models.manager
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models

from dext_sync.businesses.migrations._row_security import OPERATIONS
from dext_sync.businesses.tables import CreateModels


class Migration(migrations.Migration):

    initial = True

    # Whoever has applied all of these has applied this one.
    replaces = [
        ('businesses', '0001_initial'),
        ('businesses', '0002_row_security'),
        ('businesses', '0003_invitation_limits'),
        ('businesses', '0004_lock_date'),
        ('businesses', '0005_failure_mails'),
        ('businesses', '0006_questions_of_the_application'),
        ('businesses', '0007_reviews'),
    ]

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        CreateModels([
            migrations.CreateModel(
                name='Business',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.CharField(max_length=120, verbose_name='business name')),
                    ('slug', models.SlugField(max_length=60, unique=True)),
                    ('country', models.CharField(max_length=2, verbose_name='country')),
                    ('currency', models.CharField(max_length=3, verbose_name='currency')),
                    ('time_zone', models.CharField(default='UTC', max_length=60, verbose_name='time zone')),
                    ('tax_registered', models.BooleanField(default=True, verbose_name='registered for tax')),
                    ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('lock_date', models.DateField(blank=True, null=True, verbose_name='lock date')),
                    ('review_due_at', models.DateTimeField(editable=False, null=True)),
                    ('reviewed_up_to', models.BigIntegerField(default=0, editable=False)),
                ],
            ),
            migrations.CreateModel(
                name='User',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('password', models.CharField(max_length=128, verbose_name='password')),
                    ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                    ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                    ('email', models.EmailField(max_length=254, unique=True, verbose_name='email address')),
                    ('name', models.CharField(blank=True, max_length=120, verbose_name='name')),
                    ('is_active', models.BooleanField(default=True)),
                    ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                    ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
                ],
                options={
                    'abstract': False,
                },
            ),
            migrations.CreateModel(
                name='Invitation',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('email', models.EmailField(max_length=254, verbose_name='email address')),
                    ('role', models.CharField(choices=[('owner', 'Owner'), ('admin', 'Admin'), ('accountant', 'Accountant'), ('standard', 'Standard')], max_length=12)),
                    ('sees_all_documents', models.BooleanField(default=False, verbose_name='access all documents')),
                    ('publishes', models.BooleanField(default=False, verbose_name='may publish')),
                    ('token_hash', models.CharField(max_length=64, unique=True)),
                    ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('expires_at', models.DateTimeField()),
                    ('accepted_at', models.DateTimeField(null=True)),
                    ('revoked_at', models.DateTimeField(null=True)),
                    ('business', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='businesses.business')),
                    ('invited_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'abstract': False,
                    'base_manager_name': 'unscoped',
                    'default_manager_name': 'unscoped',
                },
                managers=[
                    ('unscoped', django.db.models.manager.Manager()),
                ],
            ),
            migrations.CreateModel(
                name='AuditEntry',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('action', models.CharField(max_length=60)),
                    ('actor_id', models.BigIntegerField(null=True)),
                    ('actor_name', models.CharField(blank=True, max_length=254)),
                    ('subject_kind', models.CharField(blank=True, max_length=30)),
                    ('subject_id', models.CharField(blank=True, max_length=60)),
                    ('subject_name', models.CharField(blank=True, max_length=254)),
                    ('data', models.JSONField(default=dict)),
                    ('business', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='businesses.business')),
                ],
                options={
                    'ordering': ['-at', '-id'],
                    'abstract': False,
                    'base_manager_name': 'unscoped',
                    'default_manager_name': 'unscoped',
                    'indexes': [models.Index(fields=['business', '-at'], name='businesses__busines_f726d3_idx'), models.Index(fields=['business', 'subject_kind', 'subject_id'], name='businesses__busines_165701_idx')],
                },
                managers=[
                    ('unscoped', django.db.models.manager.Manager()),
                ],
            ),
            migrations.CreateModel(
                name='Membership',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('role', models.CharField(choices=[('owner', 'Owner'), ('admin', 'Admin'), ('accountant', 'Accountant'), ('standard', 'Standard')], max_length=12)),
                    ('sees_all_documents', models.BooleanField(default=False, verbose_name='access all documents')),
                    ('publishes', models.BooleanField(default=False, verbose_name='may publish')),
                    ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('business', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='businesses.business')),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL)),
                    ('failure_mails', models.BooleanField(default=True, verbose_name='mails of failures')),
                ],
                options={
                    'abstract': False,
                    'base_manager_name': 'unscoped',
                    'default_manager_name': 'unscoped',
                    'constraints': [models.UniqueConstraint(fields=('business', 'user'), name='one_membership_a_person'), models.UniqueConstraint(condition=models.Q(('role', 'owner')), fields=('business',), name='one_owner_a_business')],
                },
                managers=[
                    ('unscoped', django.db.models.manager.Manager()),
                ],
            ),
        ]),
        *OPERATIONS,
    ]
