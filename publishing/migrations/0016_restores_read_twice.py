from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("publishing", "0015_rules")]

    operations = [
        migrations.AddField(
            model_name="restorecheck",
            name="reading",
            field=models.PositiveSmallIntegerField(default=1),
        ),
    ]
