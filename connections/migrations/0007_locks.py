from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("connections", "0006_connections_by_state")]

    operations = [
        migrations.AddField(
            model_name="connection",
            name="locks",
            field=models.JSONField(default=dict),
        ),
    ]
