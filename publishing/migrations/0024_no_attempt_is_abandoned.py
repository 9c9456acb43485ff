from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('publishing', '0023_tax_exemptions_found'),
    ]

    operations = [
        migrations.AlterField(
            model_name='publishattempt',
            name='outcome',
            field=models.CharField(choices=[('open', 'Open'), ('done', 'Done'), ('found', 'Found'), ('no_answer', 'No Answer'), ('waiting', 'Waiting'), ('refused', 'Refused')], default='open', max_length=10),
        ),
    ]
