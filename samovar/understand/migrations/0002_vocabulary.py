from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("understand", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Vocabulary",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("words", models.JSONField(default=dict)),
                ("brought", models.JSONField(default=dict)),
                ("counted_us", models.BigIntegerField(null=True)),
            ],
            options={
                "db_table": "understand_vocabulary",
            },
        ),
    ]
