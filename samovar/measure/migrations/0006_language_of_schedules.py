from django.conf import settings
from django.db import migrations, models


def keep_the_language_they_had(apps, _editor):
    """Files of schedules were in the language of the house."""
    apps.get_model('measure', 'Schedule').objects.update(language=settings.LANGUAGE_CODE)


class Migration(migrations.Migration):

    dependencies = [
        ('measure', '0005_schedules_after_alerts'),
    ]

    operations = [
        migrations.AddField(
            model_name='schedule', name='language', field=models.CharField(default='', max_length=5), preserve_default=False,
        ),
        migrations.RunPython(keep_the_language_they_had, migrations.RunPython.noop),
    ]
