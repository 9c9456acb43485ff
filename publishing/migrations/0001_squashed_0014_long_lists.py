import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import django.db.models.functions.text
import django.db.models.manager
import django.utils.timezone
import publishing.models
from django.conf import settings
from django.db import migrations, models

from publishing.migrations._row_security import BEFORE, AFTER
from dext_sync.businesses.tables import CreateModels


class Migration(migrations.Migration):

    initial = True

    # Whoever has applied all of these has applied this one.
    replaces = [
        ('publishing', '0001_initial'),
        ('publishing', '0002_row_security'),
        ('publishing', '0003_sales'),
        ('publishing', '0004_publications_waiting'),
        ('publishing', '0005_claims_name_contacts'),
        ('publishing', '0006_columns'),
        ('publishing', '0007_turns'),
        ('publishing', '0008_cleared_documents'),
        ('publishing', '0009_failures'),
        ('publishing', '0010_restores'),
        ('publishing', '0011_documents_taken_back'),
        ('publishing', '0012_what_holds_a_connection'),
        ('publishing', '0013_owed_mails'),
        ('publishing', '0014_long_lists'),
    ]

    dependencies = [
        ('businesses', '0001_squashed_0007_reviews'),
        ('connections', '0001_squashed_0009_second_reading'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        *BEFORE,
        CreateModels([
            migrations.CreateModel(
                name='Document',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('sha256', models.CharField(max_length=64)),
                    ('content_type', models.CharField(max_length=40)),
                    ('size', models.PositiveIntegerField()),
                    ('page_count', models.PositiveSmallIntegerField()),
                    ('uploaded_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('business', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='businesses.business')),
                    ('uploaded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'abstract': False,
                    'base_manager_name': 'unscoped',
                    'default_manager_name': 'unscoped',
                    'constraints': [models.UniqueConstraint(fields=('business', 'sha256'), name='one_copy_a_document')],
                },
                managers=[
                    ('unscoped', django.db.models.manager.Manager()),
                ],
            ),
            migrations.CreateModel(
                name='PaymentMode',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.CharField(max_length=60)),
                    ('business', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='businesses.business')),
                ],
                options={
                    'ordering': ['name'],
                    'abstract': False,
                    'base_manager_name': 'unscoped',
                    'default_manager_name': 'unscoped',
                    'constraints': [models.UniqueConstraint(fields=('business', 'name'), name='one_mode_a_name')],
                },
                managers=[
                    ('unscoped', django.db.models.manager.Manager()),
                ],
            ),
            migrations.CreateModel(
                name='PaymentMethod',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.CharField(max_length=80, verbose_name='name')),
                    ('last_four', models.CharField(blank=True, max_length=4, verbose_name='last four digits')),
                    ('removed_at', models.DateTimeField(null=True)),
                    ('account', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='connections.bankaccount', verbose_name='account in Zoho Books')),
                    ('business', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='businesses.business')),
                    ('mode', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='publishing.paymentmode', verbose_name='payment mode')),
                ],
                options={
                    'ordering': ['name'],
                    'abstract': False,
                    'base_manager_name': 'unscoped',
                    'default_manager_name': 'unscoped',
                    'constraints': [models.UniqueConstraint(condition=models.Q(('removed_at', None)), fields=('business', 'name', 'last_four'), name='one_method_a_name')],
                },
                managers=[
                    ('unscoped', django.db.models.manager.Manager()),
                ],
            ),
            migrations.CreateModel(
                name='Supplier',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.CharField(max_length=200)),
                    ('key', models.CharField(max_length=200)),
                    ('create_agreed_at', models.DateTimeField(null=True)),
                    ('being_created_by', models.BigIntegerField(null=True)),
                    ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('business', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='businesses.business')),
                    ('contact', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='suppliers', to='connections.contact')),
                    ('side', models.CharField(choices=[('supplier', 'Supplier'), ('customer', 'Customer')], default='supplier', editable=False, max_length=8)),
                ],
                options={
                    'ordering': ['name'],
                    'abstract': False,
                    'base_manager_name': 'unscoped',
                    'default_manager_name': 'unscoped',
                    'constraints': [models.UniqueConstraint(fields=('business', 'side', 'key'), name='one_supplier_a_side_and_name')],
                },
                managers=[
                    ('unscoped', django.db.models.manager.Manager()),
                ],
            ),
            migrations.CreateModel(
                name='Item',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('file_name', models.CharField(blank=True, max_length=200)),
                    ('kind', models.CharField(choices=[('invoice', 'Invoice'), ('receipt', 'Receipt')], default='invoice', max_length=10, verbose_name='type')),
                    ('date', models.DateField(blank=True, null=True, verbose_name='date')),
                    ('due_date', models.DateField(blank=True, null=True, verbose_name='due date')),
                    ('reference', models.CharField(blank=True, max_length=100, verbose_name='reference')),
                    ('description', models.CharField(blank=True, max_length=400, verbose_name='description')),
                    ('currency', models.CharField(blank=True, max_length=3, verbose_name='currency')),
                    ('exchange_rate', models.DecimalField(blank=True, decimal_places=8, max_digits=18, null=True, validators=[django.core.validators.MinValueValidator(0)], verbose_name='exchange rate')),
                    ('rate_date', models.DateField(blank=True, null=True, verbose_name='date of the rate')),
                    ('total', models.DecimalField(blank=True, decimal_places=3, max_digits=15, null=True, verbose_name='total')),
                    ('tax_amount', models.DecimalField(blank=True, decimal_places=3, max_digits=15, null=True, verbose_name='tax amount')),
                    ('several_rates', models.BooleanField(default=False, verbose_name='several tax rates')),
                    ('paid', models.BooleanField(default=False, verbose_name='paid')),
                    ('sources', models.JSONField(default=dict)),
                    ('status', models.CharField(choices=[('to_review', 'To review'), ('ready', 'Ready'), ('publishing', 'Publishing'), ('checking', 'Checking with Zoho'), ('failed', 'Publishing failed'), ('published', 'Published'), ('archived', 'Archived, not published')], default='to_review', max_length=12)),
                    ('reasons', models.JSONField(default=list)),
                    ('document_missing', models.BooleanField(default=False)),
                    ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('archived_at', models.DateTimeField(null=True)),
                    ('published_at', models.DateTimeField(null=True)),
                    ('business', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='businesses.business')),
                    ('category', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='connections.account', verbose_name='category')),
                    ('customer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='connections.contact', verbose_name='billable to customer')),
                    ('document', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='items', to='publishing.document')),
                    ('location', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='connections.location', verbose_name='location')),
                    ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
                    ('project', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='connections.project', verbose_name='project')),
                    ('tax_rate', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='connections.taxrate', verbose_name='tax rate')),
                    ('payment_method', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='publishing.paymentmethod', verbose_name='payment method')),
                    ('supplier', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='items', to='publishing.supplier', verbose_name='supplier')),
                    ('mark_as_sent', models.BooleanField(blank=True, null=True, verbose_name='mark as sent')),
                    ('workspace', models.CharField(choices=[('costs', 'Costs'), ('sales', 'Sales')], default='costs', max_length=5)),
                    ('total_in_thousandths', models.GeneratedField(db_persist=True, expression=django.db.models.functions.comparison.Cast(django.db.models.expressions.CombinedExpression(models.F('total'), '*', models.Value(1000)), models.BigIntegerField()), output_field=models.BigIntegerField())),
                    ('words', models.GeneratedField(db_persist=True, expression=django.db.models.functions.text.Lower(django.db.models.functions.text.Concat('reference', models.Value(' '), 'description', models.Value(' '), 'file_name')), output_field=models.TextField())),
                ],
                options={
                    'ordering': ['-created_at', '-id'],
                    'abstract': False,
                    'base_manager_name': 'unscoped',
                    'default_manager_name': 'unscoped',
                    'indexes': [models.Index(condition=models.Q(('archived_at', None)), fields=['business', 'workspace', '-created_at', '-id'], name='items_in_the_inbox'), models.Index(condition=models.Q(('archived_at', None), _negated=True), fields=['business', 'workspace', '-archived_at', '-id'], name='items_in_the_archive'), models.Index(condition=models.Q(('archived_at', None)), fields=['business', 'owner', 'workspace', '-created_at', '-id'], name='own_items_in_the_inbox'), models.Index(condition=models.Q(('archived_at', None), _negated=True), fields=['business', 'owner', 'workspace', '-archived_at', '-id'], name='own_items_in_the_archive'), models.Index(fields=['business', 'workspace', 'supplier', '-created_at', '-id'], name='items_by_supplier'), models.Index(fields=['business', 'workspace', 'category', '-created_at', '-id'], name='items_by_category'), models.Index(fields=['business', 'owner', 'workspace', 'status', '-created_at', '-id'], name='own_items_by_status'), models.Index(fields=['business', 'workspace', 'status', '-created_at', '-id'], name='items_by_status'), models.Index(fields=['business', 'workspace', 'kind', '-created_at', '-id'], name='items_by_kind'), models.Index(fields=['business', 'workspace', 'currency', '-created_at', '-id'], name='items_by_currency'), models.Index(fields=['business', 'workspace', 'date'], name='items_by_date'), models.Index(fields=['business', 'total_in_thousandths'], name='items_by_total'), django.contrib.postgres.indexes.GinIndex(fields=['business', 'words'], name='items_by_words', opclasses=['int8_ops', 'gin_trgm_ops'])],
                },
                managers=[
                    ('unscoped', django.db.models.manager.Manager()),
                ],
            ),
            migrations.CreateModel(
                name='Publication',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(choices=[('bill', 'Bill'), ('expense', 'Expense'), ('invoice', 'Invoice')], max_length=10)),
                    ('state', models.CharField(choices=[('waiting', 'Waiting'), ('sending', 'Being sent'), ('checking', 'Checking with Zoho'), ('published', 'Published'), ('failed', 'Failed')], default='waiting', max_length=10)),
                    ('priority', models.PositiveSmallIntegerField(choices=[(0, 'Person'), (1, 'Automatic')], default=0)),
                    ('requested_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('region', models.CharField(max_length=8)),
                    ('organisation_id', models.CharField(max_length=20)),
                    ('mark', models.CharField(default=publishing.models.new_mark, max_length=20, unique=True)),
                    ('claim', models.JSONField(default=dict)),
                    ('due_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('leased_until', models.DateTimeField(null=True)),
                    ('waiting_reason', models.CharField(blank=True, max_length=40)),
                    ('problem_code', models.CharField(blank=True, max_length=60)),
                    ('problem', models.TextField(blank=True)),
                    ('finished_at', models.DateTimeField(null=True)),
                    ('cleared_at', models.DateTimeField(null=True)),
                    ('business', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='businesses.business')),
                    ('connection', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='connections.connection')),
                    ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='publications', to='publishing.item')),
                    ('requested_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('cause', models.CharField(blank=True, max_length=120)),
                    ('told_at', models.DateTimeField(null=True)),
                ],
                options={
                    'abstract': False,
                    'base_manager_name': 'unscoped',
                    'default_manager_name': 'unscoped',
                    'indexes': [models.Index(condition=models.Q(('finished_at', None)), fields=['due_at'], name='publications_due'), models.Index(condition=models.Q(('finished_at', None)), fields=['business', 'priority', 'due_at', 'id'], name='publications_in_turn'), models.Index(condition=models.Q(('state', 'failed'), ('told_at', None)), fields=['finished_at'], name='publications_to_tell')],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('finished_at', None)), fields=('item',), name='one_open_publication'), models.UniqueConstraint(condition=models.Q(('cleared_at', None), ('state', 'published')), fields=('item',), name='published_once')],
                },
                managers=[
                    ('unscoped', django.db.models.manager.Manager()),
                ],
            ),
            migrations.CreateModel(
                name='Step',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(choices=[('contact', 'contact'), ('record', 'record'), ('document', 'document'), ('sent', 'mark “sent”')], max_length=10)),
                    ('position', models.PositiveSmallIntegerField()),
                    ('state', models.CharField(choices=[('waiting', 'Waiting'), ('sending', 'Sending'), ('uncertain', 'Uncertain'), ('done', 'Done'), ('refused', 'Refused')], default='waiting', max_length=10)),
                    ('region', models.CharField(max_length=8)),
                    ('organisation_id', models.CharField(max_length=20)),
                    ('request', models.JSONField(default=dict)),
                    ('answer', models.JSONField(default=dict)),
                    ('zoho_id', models.CharField(blank=True, max_length=30)),
                    ('sent_at', models.DateTimeField(null=True)),
                    ('settled_at', models.DateTimeField(null=True)),
                    ('look_ups', models.PositiveSmallIntegerField(default=0)),
                    ('looked_at', models.DateTimeField(null=True)),
                    ('verified_at', models.DateTimeField(null=True)),
                    ('business', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='businesses.business')),
                    ('publication', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='publishing.publication')),
                ],
                options={
                    'ordering': ['position'],
                    'abstract': False,
                    'base_manager_name': 'unscoped',
                    'default_manager_name': 'unscoped',
                    'constraints': [models.UniqueConstraint(fields=('publication', 'kind'), name='one_step_a_kind'), models.UniqueConstraint(condition=models.Q(('zoho_id', ''), _negated=True), fields=('region', 'organisation_id', 'zoho_id'), name='one_step_a_zoho_record')],
                },
                managers=[
                    ('unscoped', django.db.models.manager.Manager()),
                ],
            ),
            migrations.CreateModel(
                name='PublishAttempt',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('started_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('ended_at', models.DateTimeField(null=True)),
                    ('outcome', models.CharField(choices=[('open', 'Open'), ('done', 'Done'), ('found', 'Found'), ('no_answer', 'No Answer'), ('waiting', 'Waiting'), ('refused', 'Refused'), ('abandoned', 'Abandoned')], default='open', max_length=10)),
                    ('error', models.CharField(blank=True, max_length=40)),
                    ('code', models.CharField(blank=True, max_length=20)),
                    ('message', models.TextField(blank=True)),
                    ('business', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='businesses.business')),
                    ('publication', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='attempts', to='publishing.publication')),
                    ('step', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='attempts', to='publishing.step')),
                ],
                options={
                    'ordering': ['id'],
                    'abstract': False,
                    'base_manager_name': 'unscoped',
                    'default_manager_name': 'unscoped',
                },
                managers=[
                    ('unscoped', django.db.models.manager.Manager()),
                ],
            ),
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
            migrations.CreateModel(
                name='FailureMail',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('sent_at', models.DateTimeField()),
                    ('business', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='businesses.business')),
                    ('owed', models.JSONField(default=dict)),
                    ('tried_again_at', models.DateTimeField(null=True)),
                ],
                options={
                    'abstract': False,
                    'base_manager_name': 'unscoped',
                    'default_manager_name': 'unscoped',
                    'constraints': [models.UniqueConstraint(fields=('business',), name='one_line_of_mails')],
                },
                managers=[
                    ('unscoped', django.db.models.manager.Manager()),
                ],
            ),
            migrations.CreateModel(
                name='Restore',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('since', models.DateTimeField()),
                    ('at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('business', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='businesses.business')),
                ],
                options={
                    'ordering': ['id'],
                    'abstract': False,
                    'base_manager_name': 'unscoped',
                    'default_manager_name': 'unscoped',
                },
                managers=[
                    ('unscoped', django.db.models.manager.Manager()),
                ],
            ),
            migrations.CreateModel(
                name='RestoreCheck',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('region', models.CharField(max_length=8)),
                    ('organisation_id', models.CharField(max_length=20)),
                    ('kind', models.CharField(choices=[('bill', 'Bill'), ('expense', 'Expense'), ('invoice', 'Invoice')], max_length=10)),
                    ('page', models.PositiveIntegerField(default=1)),
                    ('due_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('leased_until', models.DateTimeField(null=True)),
                    ('finished_at', models.DateTimeField(null=True)),
                    ('business', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='businesses.business')),
                    ('connection', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='connections.connection')),
                    ('restore', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='checks', to='publishing.restore')),
                ],
                options={
                    'abstract': False,
                    'base_manager_name': 'unscoped',
                    'default_manager_name': 'unscoped',
                    'indexes': [models.Index(condition=models.Q(('finished_at', None)), fields=['due_at'], name='restore_checks_due')],
                    'constraints': [models.UniqueConstraint(fields=('restore', 'region', 'organisation_id', 'kind'), name='one_check_a_list')],
                },
                managers=[
                    ('unscoped', django.db.models.manager.Manager()),
                ],
            ),
            migrations.CreateModel(
                name='UnknownRecord',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('region', models.CharField(max_length=8)),
                    ('organisation_id', models.CharField(max_length=20)),
                    ('kind', models.CharField(choices=[('bill', 'Bill'), ('expense', 'Expense'), ('invoice', 'Invoice')], max_length=10)),
                    ('zoho_id', models.CharField(max_length=30)),
                    ('mark', models.CharField(max_length=20)),
                    ('contact_id', models.CharField(blank=True, max_length=30)),
                    ('number', models.CharField(blank=True, max_length=100)),
                    ('date', models.DateField(null=True)),
                    ('total', models.DecimalField(decimal_places=3, max_digits=15)),
                    ('currency', models.CharField(blank=True, max_length=3)),
                    ('asked_of', models.JSONField(default=list)),
                    ('business', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='businesses.business')),
                    ('found_by', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='records', to='publishing.restorecheck')),
                    ('item', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='publishing.item')),
                ],
                options={
                    'abstract': False,
                    'base_manager_name': 'unscoped',
                    'default_manager_name': 'unscoped',
                    'constraints': [models.UniqueConstraint(fields=('business', 'region', 'organisation_id', 'kind', 'zoho_id'), name='one_unknown_record_an_id')],
                },
                managers=[
                    ('unscoped', django.db.models.manager.Manager()),
                ],
            ),
        ]),
        *AFTER,
    ]
