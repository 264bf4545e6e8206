import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('measure', '0003_watch'),
    ]

    operations = [
        migrations.AddField(
            model_name='schedule',
            name='board',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='schedules', to='measure.board'),
        ),
        migrations.AlterField(
            model_name='schedule',
            name='report',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='schedules', to='measure.savedreport'),
        ),
        migrations.AddConstraint(
            model_name='schedule',
            constraint=models.CheckConstraint(condition=models.Q(('report__isnull', True), ('board__isnull', True), _connector='XOR'), name='measure_schedule_of_one'),
        ),
    ]
