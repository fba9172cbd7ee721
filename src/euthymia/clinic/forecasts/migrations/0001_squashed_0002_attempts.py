"""0001_initial to 0002_attempts in one, for a new database. One that has some of them goes on with those."""

import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('forecasts', '0001_initial'), ('forecasts', '0002_attempts')]

    initial = True

    dependencies = [
        ('access', '0001_squashed_0002_wall_screens'),
        ('access', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='CalculationRequest',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('recorded_at', models.DateTimeField(help_text="When it was entered, by the server's clock.")),
                ('reason', models.TextField(blank=True, help_text='Why the earlier fact was corrected.')),
                ('idempotency_key', models.UUIDField(blank=True, help_text='Made on the tablet, so that a repeated write is one fact.', null=True, unique=True)),
                ('kind', models.CharField(help_text='What is calculated, e.g. concentration.', max_length=40)),
                ('subject', models.UUIDField(help_text='What the asking room calculates for.')),
                ('request', models.JSONField(help_text='Everything the model is given, so that it can be run again.')),
                ('request_hash', models.CharField(help_text='SHA-256 of the canonical request.', max_length=64)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.clinic')),
                ('corrects', models.OneToOneField(blank=True, help_text='The earlier fact this one replaces.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='correction', to='forecasts.calculationrequest')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(fields=['subject', 'kind'], name='forecasts_request_subject')],
                'constraints': [models.CheckConstraint(condition=models.Q(('corrects__isnull', True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='forecasts_calculationrequest_correction_has_reason', violation_error_message='A correction needs its reason.'), models.UniqueConstraint(condition=models.Q(('corrects__isnull', True)), fields=('clinic', 'kind', 'subject'), name='forecasts_one_first_request')],
            },
        ),
        migrations.CreateModel(
            name='Attempts',
            fields=[
                ('request', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, serialize=False, to='forecasts.calculationrequest')),
                ('count', models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Calculation',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('recorded_at', models.DateTimeField(help_text="When it was entered, by the server's clock.")),
                ('reason', models.TextField(blank=True, help_text='Why the earlier fact was corrected.')),
                ('idempotency_key', models.UUIDField(blank=True, help_text='Made on the tablet, so that a repeated write is one fact.', null=True, unique=True)),
                ('outcome', models.CharField(choices=[('ok', 'Ok'), ('failed', 'Failed')], max_length=8)),
                ('sentence', models.TextField(blank=True, help_text='Why it failed, or what the reader must know.')),
                ('result', models.JSONField(blank=True, null=True)),
                ('model_id', models.CharField(max_length=80)),
                ('model_version', models.CharField(blank=True, max_length=80)),
                ('parameters_hash', models.CharField(blank=True, max_length=64)),
                ('seed', models.BigIntegerField(blank=True, help_text='Empty for a calculation without chance.', null=True)),
                ('duration_ms', models.PositiveIntegerField()),
                ('computed_by', models.CharField(help_text='The process that computed it.', max_length=80)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.clinic')),
                ('corrects', models.OneToOneField(blank=True, help_text='The earlier fact this one replaces.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='correction', to='forecasts.calculation')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('request', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='calculation', to='forecasts.calculationrequest')),
            ],
            options={
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('corrects__isnull', True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='forecasts_calculation_correction_has_reason', violation_error_message='A correction needs its reason.'), models.CheckConstraint(condition=models.Q(models.Q(('outcome', 'ok'), ('result__isnull', False)), models.Q(('outcome', 'failed'), ('result__isnull', True), models.Q(('sentence', ''), _negated=True)), _connector='OR'), name='forecasts_answer_or_sentence')],
            },
        ),
    ]
