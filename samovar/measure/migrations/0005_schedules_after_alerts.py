from django.db import migrations, models


def keep_what_was_told(apps, _editor):
    """A schedule that is there already has sent all that opened since it was made, and nothing before."""
    alerts = apps.get_model('measure', 'CounterAlert').objects
    for row in apps.get_model('measure', 'Schedule').objects.filter(every='alert'):
        before = alerts.filter(report_id=row.report_id, opened_us__lt=row.created_us).order_by('-id').first()
        if before is not None:
            row.after_alert = before.id
            row.save(update_fields=['after_alert'])


class Migration(migrations.Migration):

    dependencies = [
        ('measure', '0004_schedules_of_boards'),
    ]

    operations = [
        migrations.AddField(model_name='schedule', name='after_alert', field=models.BigIntegerField(default=0)),
        migrations.RunPython(keep_what_was_told, migrations.RunPython.noop),
    ]
