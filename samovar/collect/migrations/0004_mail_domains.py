from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('collect', '0003_records'),
    ]

    operations = [
        migrations.CreateModel(
            name='MailDomain',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('domain', models.CharField(max_length=255, unique=True)),
                ('answer', models.CharField(max_length=10)),
                ('asked_us', models.BigIntegerField()),
            ],
            options={
                'db_table': 'collect_mail_domain',
            },
        ),
    ]
