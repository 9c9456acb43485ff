from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("businesses", "0004_lock_date")]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="failure_mails",
            field=models.BooleanField(default=True, verbose_name="mails of failures"),
        ),
    ]
