from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("collect", "0004_mail_domains"),
    ]

    operations = [
        migrations.CreateModel(
            name='Duplicate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('one', models.BigIntegerField()),
                ('other', models.BigIntegerField()),
                ('probability', models.FloatField()),
                ('is_sure', models.BooleanField(default=False)),
                ('reasons', models.JSONField(default=dict)),
                ('state', models.CharField(default='open', max_length=10)),
                ('found_us', models.BigIntegerField()),
                ('decided_us', models.BigIntegerField(null=True)),
                ('decided_by', models.CharField(default='', max_length=150)),
            ],
            options={
                'db_table': 'collect_duplicate',
                'indexes': [
                    models.Index(fields=['state', 'probability'], name='duplicate_by_state'),
                    models.Index(fields=['other'], name='duplicate_other'),
                ],
                'constraints': [models.UniqueConstraint(fields=('one', 'other'), name='one_duplicate_per_pair')],
            },
        ),
        migrations.CreateModel(
            name='Search',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('started_us', models.BigIntegerField()),
                ('finished_us', models.BigIntegerField(null=True)),
                ('figures', models.JSONField(default=dict)),
                ('error', models.TextField(default='')),
            ],
            options={
                'db_table': 'collect_duplicate_search',
            },
        ),
    ]
