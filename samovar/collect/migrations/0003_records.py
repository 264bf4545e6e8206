from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('collect', '0002_erasure'),
    ]

    operations = [
        migrations.CreateModel(
            name='RecordType',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, unique=True)),
                ('label', models.CharField(default='', max_length=100)),
                ('time_field', models.CharField(default='', max_length=200)),
                ('fields', models.JSONField(default=dict)),
                ('version', models.IntegerField(default=1)),
            ],
            options={
                'db_table': 'collect_record_type',
            },
        ),
    ]
