import django.db.models.deletion
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

from dext_sync.businesses.row_security import gives_way, same_business_from_now_on


class Migration(migrations.Migration):
    """Of a large table nothing is read here: see the next one."""

    dependencies = [
        ('connections', '0015_planned_once'),
        ('publishing', '0001_squashed_0021_pairs_of_item'),
    ]

    operations = [
        gives_way(),
        migrations.AddField(
            model_name='item',
            name='tax_exemption',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='connections.taxexemption', verbose_name='tax exemption'),
        ),
        same_business_from_now_on(
            "publishing_item", tax_exemption_id="connections_taxexemption"
        ),
        AddConstraintNotValid(
            model_name='item',
            constraint=models.CheckConstraint(condition=models.Q(('tax_rate', None), ('tax_exemption', None), _connector='OR'), name='item_has_a_rate_or_an_exemption'),
        ),
    ]
