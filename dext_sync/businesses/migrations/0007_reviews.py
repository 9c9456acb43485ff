from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("businesses", "0006_questions_of_the_application")]

    operations = [
        migrations.AddField(
            model_name="business",
            name="reviewed_up_to",
            field=models.BigIntegerField(default=0, editable=False),
        ),
    ]
