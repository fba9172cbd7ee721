"""0001_initial to 0006_drug_discrepancy in one, for a new database. One that has some of them goes on with those."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import euthymia.clinic.audit.bases
import pgtrigger.compiler
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('safety', '0001_initial'), ('safety', '0002_referred_risk'), ('safety', '0003_risk_demands'), ('safety', '0004_ways_out'), ('safety', '0005_event_terms'), ('safety', '0006_drug_discrepancy')]

    initial = True

    dependencies = [
        ('access', '0001_squashed_0002_wall_screens'),
        ('access', '__first__'),
        ('measures', '0001_squashed_0004_own_phone'),
        ('people', '0001_squashed_0003_trial_details'),
    ]

    operations = [
        migrations.CreateModel(
            name='SuicideRiskAssessment',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('recorded_at', models.DateTimeField(help_text="When it was entered, by the server's clock.")),
                ('reason', models.TextField(blank=True, help_text='Why the earlier fact was corrected.')),
                ('idempotency_key', models.UUIDField(blank=True, help_text='Made on the tablet, so that a repeated write is one fact.', null=True, unique=True)),
                ('level', models.CharField(choices=[('low', 'Low'), ('moderate', 'Moderate'), ('high', 'High')], max_length=16)),
                ('basis', models.TextField(help_text='What the level rests on.')),
                ('instrument', models.CharField(blank=True, help_text='The structured assessment done, by name.', max_length=120)),
                ('level_of_care', models.TextField(blank=True, help_text='Where the patient is to be looked after; needed when high.')),
                ('thoughts_found', models.BooleanField(help_text='Whether any thoughts of death or suicide were found; null when it was not said.', null=True)),
                ('assessed_at', models.DateTimeField()),
                ('entered_offset_min', models.SmallIntegerField()),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.clinic')),
                ('corrects', models.OneToOneField(blank=True, help_text='The earlier fact this one replaces.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='correction', to='safety.suicideriskassessment')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='risk_assessments', to='people.patient')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(fields=['patient', '-assessed_at'], name='safety_risk_by_patient')],
                'constraints': [models.CheckConstraint(condition=models.Q(('corrects__isnull', True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='safety_suicideriskassessment_correction_has_reason', violation_error_message='A correction needs its reason.'), models.CheckConstraint(condition=models.Q(('level__in', ['low', 'moderate', 'high'])), name='safety_suicideriskassessment_level_known'), models.CheckConstraint(condition=models.Q(('basis', ''), _negated=True), name='safety_suicideriskassessment_has_basis')],
            },
        ),
        migrations.CreateModel(
            name='Task',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('subject', models.CharField(blank=True, help_text='What it is about where no patient is registered; no name.', max_length=100)),
                ('page', models.CharField(blank=True, help_text='The address of what it is about.', max_length=200)),
                ('kind', models.CharField(choices=[('item-nine', 'Assess suicide risk: PHQ-9 item 9'), ('follow-up-call', 'Call the patient after treatment'), ('follow-up-phq-9', 'Ask the patient to fill in the PHQ-9'), ('adverse-event', 'Report a serious adverse event'), ('event-told', 'Tell the medical director of a serious adverse event'), ('event-review', 'Review the causes of a serious adverse event'), ('late-finding', 'Look at a reading of a visit that is over'), ('countersign', 'Sign for what you ordered by word of mouth'), ('elsewhere', 'Ask after a patient taken ill away from the house'), ('referred-risk', 'Suicidal thoughts named in a referral'), ('risk-precautions', 'Keep the patient safe and not alone'), ('risk-evaluation', 'Judge whether hospital is needed'), ('risk-assessment', 'Assess the patient today'), ('risk-plan', 'Write a safety plan with the patient'), ('risk-crisis-line', 'Give the patient the crisis line'), ('risk-contact', 'Speak with the patient again'), ('missing', 'Look for the patient who walked out'), ('missing-decision', 'Decide: police, welfare check or neither'), ('left-early', 'Call the patient who left early'), ('transfer-news', 'Ask how the patient is'), ('emergency-review', 'Write the adverse event; go over the emergency'), ('death-report', 'See to the reports of a death'), ('programme-form', "Send the safety programme's form"), ('integration', 'Arrange the meeting to integrate'), ('drug-discrepancy', 'Look into controlled drug that is not accounted for'), ('other', 'Something else')], max_length=20)),
                ('note', models.CharField(blank=True, help_text='What to know before doing it; no clinical values.', max_length=300)),
                ('origin', models.CharField(help_text='For example visit:<id>.', max_length=100)),
                ('owner_role', models.CharField(choices=[('prescriber', 'Prescriber'), ('nurse', 'Nurse'), ('therapist', 'Therapist'), ('front_desk', 'Front desk'), ('medical_director', 'Medical director'), ('administrator', 'Administrator')], max_length=32)),
                ('opens_at', models.DateTimeField(help_text='Not to be done before this.')),
                ('due_at', models.DateTimeField()),
                ('escalates_at', models.DateTimeField(help_text='Past this, unacknowledged, it goes to escalates_to too.', null=True)),
                ('escalates_to', models.CharField(blank=True, choices=[('prescriber', 'Prescriber'), ('nurse', 'Nurse'), ('therapist', 'Therapist'), ('front_desk', 'Front desk'), ('medical_director', 'Medical director'), ('administrator', 'Administrator')], max_length=32)),
                ('acknowledged_at', models.DateTimeField(null=True)),
                ('closed_at', models.DateTimeField(help_text='When the completion was recorded; null while open.', null=True)),
                ('acknowledged_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tasks', to='access.clinic')),
                ('patient', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='tasks', to='people.patient')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('closed_at__isnull', True)), fields=['clinic', 'due_at'], name='safety_task_open_by_due'), models.Index(fields=['patient', 'due_at'], name='safety_task_by_patient')],
                'constraints': [models.UniqueConstraint(fields=('kind', 'origin'), name='safety_task_once_per_origin'), models.CheckConstraint(condition=models.Q(('kind__in', ['item-nine', 'follow-up-call', 'follow-up-phq-9', 'adverse-event', 'event-told', 'event-review', 'late-finding', 'countersign', 'elsewhere', 'referred-risk', 'risk-precautions', 'risk-evaluation', 'risk-assessment', 'risk-plan', 'risk-crisis-line', 'risk-contact', 'missing', 'missing-decision', 'left-early', 'transfer-news', 'emergency-review', 'death-report', 'programme-form', 'integration', 'drug-discrepancy', 'other'])), name='safety_task_kind_known'), models.CheckConstraint(condition=models.Q(('owner_role__in', ['prescriber', 'nurse', 'therapist', 'front_desk', 'medical_director', 'administrator'])), name='safety_task_owner_role_known'), models.CheckConstraint(condition=models.Q(models.Q(('acknowledged_at__isnull', True), ('acknowledged_by__isnull', True)), models.Q(('acknowledged_at__isnull', False), ('acknowledged_by__isnull', False)), _connector='OR'), name='safety_task_acknowledged_by_whom'), models.CheckConstraint(condition=models.Q(('due_at__gte', models.F('opens_at'))), name='safety_task_due_after_it_opens'), models.CheckConstraint(condition=models.Q(('patient__isnull', False), models.Q(('kind', 'referred-risk'), models.Q(('page', ''), _negated=True)), _connector='OR'), name='safety_task_about_somebody')],
                'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "safety_taskevent" ("acknowledged_at", "acknowledged_by_id", "clinic_id", "closed_at", "created_at", "due_at", "escalates_at", "escalates_to", "id", "kind", "note", "opens_at", "origin", "owner_role", "page", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "subject") VALUES (NEW."acknowledged_at", NEW."acknowledged_by_id", NEW."clinic_id", NEW."closed_at", NEW."created_at", NEW."due_at", NEW."escalates_at", NEW."escalates_to", NEW."id", NEW."kind", NEW."note", NEW."opens_at", NEW."origin", NEW."owner_role", NEW."page", NEW."patient_id", NOW(), \'insert\', NEW."id", NEW."subject"); RETURN NULL;', hash='fb0956cddcf2c0b42fae256e4c497a99112a0f40', operation='INSERT', pgid='pgtrigger_insert_insert_4ddf1', table='safety_task', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "safety_taskevent" ("acknowledged_at", "acknowledged_by_id", "clinic_id", "closed_at", "created_at", "due_at", "escalates_at", "escalates_to", "id", "kind", "note", "opens_at", "origin", "owner_role", "page", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "subject") VALUES (NEW."acknowledged_at", NEW."acknowledged_by_id", NEW."clinic_id", NEW."closed_at", NEW."created_at", NEW."due_at", NEW."escalates_at", NEW."escalates_to", NEW."id", NEW."kind", NEW."note", NEW."opens_at", NEW."origin", NEW."owner_role", NEW."page", NEW."patient_id", NOW(), \'update\', NEW."id", NEW."subject"); RETURN NULL;', hash='80e4fd5e6b12a78432867168f90e285df3091293', operation='UPDATE', pgid='pgtrigger_update_update_d974b', table='safety_task', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "safety_taskevent" ("acknowledged_at", "acknowledged_by_id", "clinic_id", "closed_at", "created_at", "due_at", "escalates_at", "escalates_to", "id", "kind", "note", "opens_at", "origin", "owner_role", "page", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "subject") VALUES (OLD."acknowledged_at", OLD."acknowledged_by_id", OLD."clinic_id", OLD."closed_at", OLD."created_at", OLD."due_at", OLD."escalates_at", OLD."escalates_to", OLD."id", OLD."kind", OLD."note", OLD."opens_at", OLD."origin", OLD."owner_role", OLD."page", OLD."patient_id", NOW(), \'delete\', OLD."id", OLD."subject"); RETURN NULL;', hash='d3e740f544f03cc7ad3e3e3c7a8e2363e5bf6676', operation='DELETE', pgid='pgtrigger_delete_delete_aecd8', table='safety_task', when='AFTER'))],
            },
        ),
        migrations.CreateModel(
            name='FollowUpCall',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('recorded_at', models.DateTimeField(help_text="When it was entered, by the server's clock.")),
                ('reason', models.TextField(blank=True, help_text='Why the earlier fact was corrected.')),
                ('idempotency_key', models.UUIDField(blank=True, help_text='Made on the tablet, so that a repeated write is one fact.', null=True, unique=True)),
                ('called_at', models.DateTimeField()),
                ('entered_offset_min', models.SmallIntegerField()),
                ('reached', models.BooleanField()),
                ('adverse_events', models.BooleanField(help_text='Whether the patient told of any; null when not asked.', null=True)),
                ('note', models.TextField(blank=True)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.clinic')),
                ('corrects', models.OneToOneField(blank=True, help_text='The earlier fact this one replaces.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='correction', to='safety.followupcall')),
                ('mood', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='call', to='measures.moodrating')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='calls', to='people.patient')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('risk', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='call', to='safety.suicideriskassessment')),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='calls', to='safety.task')),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(fields=['task', 'called_at'], name='safety_call_by_task')],
                'constraints': [models.CheckConstraint(condition=models.Q(('corrects__isnull', True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='safety_followupcall_correction_has_reason', violation_error_message='A correction needs its reason.'), models.CheckConstraint(condition=models.Q(models.Q(('mood__isnull', True), ('reached', False), ('risk__isnull', True)), models.Q(('adverse_events__isnull', False), ('mood__isnull', False), ('reached', True), ('risk__isnull', False)), _connector='OR'), name='safety_followupcall_reached_means_asked')],
            },
        ),
        migrations.CreateModel(
            name='TaskCompletion',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('recorded_at', models.DateTimeField(help_text="When it was entered, by the server's clock.")),
                ('reason', models.TextField(blank=True, help_text='Why the earlier fact was corrected.')),
                ('idempotency_key', models.UUIDField(blank=True, help_text='Made on the tablet, so that a repeated write is one fact.', null=True, unique=True)),
                ('outcome', models.TextField()),
                ('done_at', models.DateTimeField()),
                ('entered_offset_min', models.SmallIntegerField()),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.clinic')),
                ('corrects', models.OneToOneField(blank=True, help_text='The earlier fact this one replaces.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='correction', to='safety.taskcompletion')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('task', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='completion', to='safety.task')),
            ],
            options={
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('corrects__isnull', True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='safety_taskcompletion_correction_has_reason', violation_error_message='A correction needs its reason.')],
            },
        ),
        migrations.CreateModel(
            name='TaskEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_transaction', models.BigIntegerField(db_default=euthymia.clinic.audit.bases.TransactionId(), editable=False)),
                ('pgh_role', models.TextField(db_default=euthymia.clinic.audit.bases.SessionRole(), editable=False)),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('subject', models.CharField(blank=True, help_text='What it is about where no patient is registered; no name.', max_length=100)),
                ('page', models.CharField(blank=True, help_text='The address of what it is about.', max_length=200)),
                ('kind', models.CharField(choices=[('item-nine', 'Assess suicide risk: PHQ-9 item 9'), ('follow-up-call', 'Call the patient after treatment'), ('follow-up-phq-9', 'Ask the patient to fill in the PHQ-9'), ('adverse-event', 'Report a serious adverse event'), ('event-told', 'Tell the medical director of a serious adverse event'), ('event-review', 'Review the causes of a serious adverse event'), ('late-finding', 'Look at a reading of a visit that is over'), ('countersign', 'Sign for what you ordered by word of mouth'), ('elsewhere', 'Ask after a patient taken ill away from the house'), ('referred-risk', 'Suicidal thoughts named in a referral'), ('risk-precautions', 'Keep the patient safe and not alone'), ('risk-evaluation', 'Judge whether hospital is needed'), ('risk-assessment', 'Assess the patient today'), ('risk-plan', 'Write a safety plan with the patient'), ('risk-crisis-line', 'Give the patient the crisis line'), ('risk-contact', 'Speak with the patient again'), ('missing', 'Look for the patient who walked out'), ('missing-decision', 'Decide: police, welfare check or neither'), ('left-early', 'Call the patient who left early'), ('transfer-news', 'Ask how the patient is'), ('emergency-review', 'Write the adverse event; go over the emergency'), ('death-report', 'See to the reports of a death'), ('programme-form', "Send the safety programme's form"), ('integration', 'Arrange the meeting to integrate'), ('drug-discrepancy', 'Look into controlled drug that is not accounted for'), ('other', 'Something else')], max_length=20)),
                ('note', models.CharField(blank=True, help_text='What to know before doing it; no clinical values.', max_length=300)),
                ('origin', models.CharField(help_text='For example visit:<id>.', max_length=100)),
                ('owner_role', models.CharField(choices=[('prescriber', 'Prescriber'), ('nurse', 'Nurse'), ('therapist', 'Therapist'), ('front_desk', 'Front desk'), ('medical_director', 'Medical director'), ('administrator', 'Administrator')], max_length=32)),
                ('opens_at', models.DateTimeField(help_text='Not to be done before this.')),
                ('due_at', models.DateTimeField()),
                ('escalates_at', models.DateTimeField(help_text='Past this, unacknowledged, it goes to escalates_to too.', null=True)),
                ('escalates_to', models.CharField(blank=True, choices=[('prescriber', 'Prescriber'), ('nurse', 'Nurse'), ('therapist', 'Therapist'), ('front_desk', 'Front desk'), ('medical_director', 'Medical director'), ('administrator', 'Administrator')], max_length=32)),
                ('acknowledged_at', models.DateTimeField(null=True)),
                ('closed_at', models.DateTimeField(help_text='When the completion was recorded; null while open.', null=True)),
                ('acknowledged_by', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('clinic', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='access.clinic')),
                ('patient', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='people.patient')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='safety.task')),
            ],
            options={
                'abstract': False,
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='37310cc1dcbd1af4ddb36da36d820fbc47775177', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_1fd53', table='safety_taskevent', when='BEFORE'))],
            },
        ),
        migrations.CreateModel(
            name='AdverseEvent',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('recorded_at', models.DateTimeField(help_text="When it was entered, by the server's clock.")),
                ('reason', models.TextField(blank=True, help_text='Why the earlier fact was corrected.')),
                ('idempotency_key', models.UUIDField(blank=True, help_text='Made on the tablet, so that a repeated write is one fact.', null=True, unique=True)),
                ('term', models.CharField(max_length=200)),
                ('onset_at', models.DateTimeField()),
                ('entered_offset_min', models.SmallIntegerField()),
                ('severity', models.CharField(choices=[('mild', 'Mild: noticed, hindered nothing'), ('moderate', 'Moderate: hindered some things'), ('severe', 'Severe: stopped usual life')], max_length=12)),
                ('seriousness', models.CharField(blank=True, choices=[('', 'Not serious'), ('death', 'Death'), ('life-threatening', 'Threatened life'), ('hospital', 'Hospital stay, or a longer one'), ('disability', 'Lasting disability'), ('birth-defect', 'Birth defect'), ('important', 'Another important medical event')], max_length=20)),
                ('criteria', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('', 'Not serious'), ('death', 'Death'), ('life-threatening', 'Threatened life'), ('hospital', 'Hospital stay, or a longer one'), ('disability', 'Lasting disability'), ('birth-defect', 'Birth defect'), ('important', 'Another important medical event')], max_length=20), help_text='Every outcome that makes it serious; empty for none, null in records from before they were asked.', null=True, size=None)),
                ('interventions', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('none', 'Nothing'), ('observed', 'Observed more closely'), ('held', 'Held or slowed the treatment'), ('stopped', 'Stopped the treatment'), ('medicine', 'Gave a medicine'), ('oxygen', 'Gave oxygen, or kept the airway open'), ('help', 'Called the emergency team'), ('transfer', 'Handed over to another place of care')], max_length=12), default=list, help_text='What was done, from the list; ``action`` says it in words.', size=None)),
                ('causality', models.CharField(blank=True, choices=[('related', 'Yes'), ('possible', 'It may have'), ('unlikely', 'Probably not'), ('unrelated', 'No'), ('cannot tell', 'Cannot be told')], max_length=12)),
                ('expectedness', models.CharField(blank=True, choices=[('expected', 'Yes, as strong as this'), ('stronger', 'Yes, but this was stronger'), ('unexpected', 'No'), ('not looked up', 'Not looked up')], max_length=16)),
                ('admitted', models.BooleanField(help_text='Whether the patient was admitted to hospital.', null=True)),
                ('emergency_visit', models.BooleanField(help_text='Whether the patient was seen in an emergency department and not admitted.', null=True)),
                ('known_at', models.DateTimeField(help_text='When the house knew; null: when it was recorded.', null=True)),
                ('since_dose_min', models.IntegerField(help_text='Minutes from the first of the dose to its onset, where it came in a visit.', null=True)),
                ('action', models.TextField(blank=True, help_text='What was done about it.')),
                ('outcome', models.CharField(choices=[('resolved', 'Resolved'), ('resolving', 'Resolving'), ('not-resolved', 'Not resolved'), ('lasting', 'Resolved with lasting effects'), ('fatal', 'Fatal'), ('unknown', 'Not known')], max_length=16)),
                ('resolved_at', models.DateTimeField(null=True)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.clinic')),
                ('corrects', models.OneToOneField(blank=True, help_text='The earlier fact this one replaces.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='correction', to='safety.adverseevent')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='adverse_events', to='people.patient')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(fields=['patient', '-onset_at'], name='safety_event_by_patient')],
                'constraints': [models.CheckConstraint(condition=models.Q(('corrects__isnull', True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='safety_adverseevent_correction_has_reason', violation_error_message='A correction needs its reason.'), models.CheckConstraint(condition=models.Q(('severity__in', ['mild', 'moderate', 'severe'])), name='safety_adverseevent_severity_known'), models.CheckConstraint(condition=models.Q(('seriousness__in', ['', 'death', 'life-threatening', 'hospital', 'disability', 'birth-defect', 'important'])), name='safety_adverseevent_seriousness_known'), models.CheckConstraint(condition=models.Q(('outcome__in', ['resolved', 'resolving', 'not-resolved', 'lasting', 'fatal', 'unknown'])), name='safety_adverseevent_outcome_known'), models.CheckConstraint(condition=models.Q(('causality__in', ['', 'related', 'possible', 'unlikely', 'unrelated', 'cannot tell'])), name='safety_adverseevent_causality_known'), models.CheckConstraint(condition=models.Q(('expectedness__in', ['', 'expected', 'stronger', 'unexpected', 'not looked up'])), name='safety_adverseevent_expectedness_known'), models.CheckConstraint(condition=models.Q(('interventions__contained_by', ['none', 'observed', 'held', 'stopped', 'medicine', 'oxygen', 'help', 'transfer'])), name='safety_adverseevent_interventions_known'), models.CheckConstraint(condition=models.Q(('criteria__isnull', True), ('criteria__contained_by', ['death', 'life-threatening', 'hospital', 'disability', 'birth-defect', 'important']), _connector='OR'), name='safety_adverseevent_criteria_known'), models.CheckConstraint(condition=models.Q(('resolved_at__isnull', True), ('resolved_at__gte', models.F('onset_at')), _connector='OR'), name='safety_adverseevent_resolved_after_onset')],
            },
        ),
        migrations.CreateModel(
            name='SafetyPlan',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('recorded_at', models.DateTimeField(help_text="When it was entered, by the server's clock.")),
                ('reason', models.TextField(blank=True, help_text='Why the earlier fact was corrected.')),
                ('idempotency_key', models.UUIDField(blank=True, help_text='Made on the tablet, so that a repeated write is one fact.', null=True, unique=True)),
                ('warning_signs', models.TextField()),
                ('own_means', models.TextField()),
                ('company', models.TextField()),
                ('helpers', models.TextField()),
                ('professionals', models.TextField()),
                ('surroundings', models.TextField()),
                ('likelihood', models.PositiveSmallIntegerField(help_text='How likely it will be used, 0 to 10, as the patient says.')),
                ('barriers', models.TextField(help_text='What may keep the patient from using it, and what was done about it.')),
                ('kept_where', models.CharField(help_text='Where the patient keeps it.', max_length=300)),
                ('review_on', models.DateField()),
                ('written_at', models.DateTimeField()),
                ('entered_offset_min', models.SmallIntegerField()),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.clinic')),
                ('corrects', models.OneToOneField(blank=True, help_text='The earlier fact this one replaces.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='correction', to='safety.safetyplan')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='safety_plans', to='people.patient')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(fields=['patient', '-written_at'], name='safety_plan_by_patient')],
                'constraints': [models.CheckConstraint(condition=models.Q(('corrects__isnull', True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='safety_safetyplan_correction_has_reason', violation_error_message='A correction needs its reason.'), models.CheckConstraint(condition=models.Q(('likelihood__gte', 0), ('likelihood__lte', 10)), name='safety_safetyplan_likelihood_possible'), models.CheckConstraint(condition=models.Q(('warning_signs', ''), _negated=True), name='safety_plan_has_warning_signs'), models.CheckConstraint(condition=models.Q(('own_means', ''), _negated=True), name='safety_plan_has_own_means'), models.CheckConstraint(condition=models.Q(('company', ''), _negated=True), name='safety_plan_has_company'), models.CheckConstraint(condition=models.Q(('helpers', ''), _negated=True), name='safety_plan_has_helpers'), models.CheckConstraint(condition=models.Q(('professionals', ''), _negated=True), name='safety_plan_has_professionals'), models.CheckConstraint(condition=models.Q(('surroundings', ''), _negated=True), name='safety_plan_has_surroundings')],
            },
        ),
    ]
