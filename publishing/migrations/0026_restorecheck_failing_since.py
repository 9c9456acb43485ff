from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('publishing', '0025_looked_in_vain'),
    ]

    operations = [
        migrations.AddField(
            model_name='restorecheck',
            name='failing_since',
            field=models.DateTimeField(null=True),
        ),
    ]
