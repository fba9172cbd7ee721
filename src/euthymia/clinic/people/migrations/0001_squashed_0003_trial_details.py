"""0001_initial to 0003_trial_details in one, for a new database. One that has some of them goes on with those."""

import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import euthymia.clinic.audit.bases
import pgtrigger.compiler
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('people', '0001_initial'), ('people', '0002_same_person'), ('people', '0003_trial_details')]

    initial = True

    dependencies = [
        ('access', '0001_squashed_0002_wall_screens'),
        ('access', '__first__'),
        ('audit', '0001_squashed_0002_sent_forms'),
    ]

    operations = [
        migrations.CreateModel(
            name='Patient',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('medical_record_number', models.CharField(max_length=32)),
                ('given_name', models.CharField(max_length=100)),
                ('family_name', models.CharField(max_length=100)),
                ('called', models.CharField(blank=True, help_text='The name the patient likes to be called by.', max_length=100)),
                ('birth_date', models.DateField()),
                ('sex', models.CharField(choices=[('female', 'Female'), ('male', 'Male'), ('other', 'Other'), ('unknown', 'Not recorded')], max_length=8)),
                ('ancestry', models.CharField(blank=True, choices=[('', 'Not recorded'), ('other', 'Neither of these'), ('asian', 'Asian, not Japanese'), ('japanese', 'Japanese')], default='', max_length=8)),
                ('phone', models.CharField(blank=True, max_length=40)),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('address', models.TextField(blank=True)),
                ('emergency_contact_name', models.CharField(blank=True, max_length=200)),
                ('emergency_contact_phone', models.CharField(blank=True, max_length=40)),
                ('emergency_contact_relation', models.CharField(blank=True, max_length=100)),
                ('allergies', models.TextField(blank=True, help_text="Empty means not asked; write 'none known' when asked.")),
                ('restricted', models.BooleanField(default=False, help_text='Opens to break-glass access only.')),
                ('revision', models.PositiveIntegerField(default=1, help_text='Grows with each change, so that two never overlap.')),
                ('registered_by_key', models.UUIDField(blank=True, help_text='The idempotency key of the registration.', null=True, unique=True)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='patients', to='access.clinic')),
            ],
            options={
                'indexes': [models.Index(models.F('clinic'), django.db.models.functions.text.Lower('family_name'), django.db.models.functions.text.Lower('given_name'), name='people_patient_by_name'), models.Index(fields=['clinic', 'birth_date'], name='people_patient_by_birth')],
                'constraints': [models.UniqueConstraint(fields=('clinic', 'medical_record_number'), name='people_patient_mrn_once'), models.CheckConstraint(condition=models.Q(('sex__in', ['female', 'male', 'other', 'unknown'])), name='people_patient_sex_known'), models.CheckConstraint(condition=models.Q(('ancestry__in', ['', 'other', 'asian', 'japanese'])), name='people_patient_ancestry_known')],
                'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "people_patientevent" ("address", "allergies", "ancestry", "birth_date", "called", "clinic_id", "created_at", "email", "emergency_contact_name", "emergency_contact_phone", "emergency_contact_relation", "family_name", "given_name", "id", "medical_record_number", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "registered_by_key", "restricted", "revision", "sex") VALUES (NEW."address", NEW."allergies", NEW."ancestry", NEW."birth_date", NEW."called", NEW."clinic_id", NEW."created_at", NEW."email", NEW."emergency_contact_name", NEW."emergency_contact_phone", NEW."emergency_contact_relation", NEW."family_name", NEW."given_name", NEW."id", NEW."medical_record_number", NOW(), \'insert\', NEW."id", NEW."phone", NEW."registered_by_key", NEW."restricted", NEW."revision", NEW."sex"); RETURN NULL;', hash='05689b353aa982b16317b219556af1272199198f', operation='INSERT', pgid='pgtrigger_insert_insert_17910', table='people_patient', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "people_patientevent" ("address", "allergies", "ancestry", "birth_date", "called", "clinic_id", "created_at", "email", "emergency_contact_name", "emergency_contact_phone", "emergency_contact_relation", "family_name", "given_name", "id", "medical_record_number", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "registered_by_key", "restricted", "revision", "sex") VALUES (NEW."address", NEW."allergies", NEW."ancestry", NEW."birth_date", NEW."called", NEW."clinic_id", NEW."created_at", NEW."email", NEW."emergency_contact_name", NEW."emergency_contact_phone", NEW."emergency_contact_relation", NEW."family_name", NEW."given_name", NEW."id", NEW."medical_record_number", NOW(), \'update\', NEW."id", NEW."phone", NEW."registered_by_key", NEW."restricted", NEW."revision", NEW."sex"); RETURN NULL;', hash='80dff478b464e69dbc35f0e1e081ad99ecaad578', operation='UPDATE', pgid='pgtrigger_update_update_950c8', table='people_patient', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "people_patientevent" ("address", "allergies", "ancestry", "birth_date", "called", "clinic_id", "created_at", "email", "emergency_contact_name", "emergency_contact_phone", "emergency_contact_relation", "family_name", "given_name", "id", "medical_record_number", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "registered_by_key", "restricted", "revision", "sex") VALUES (OLD."address", OLD."allergies", OLD."ancestry", OLD."birth_date", OLD."called", OLD."clinic_id", OLD."created_at", OLD."email", OLD."emergency_contact_name", OLD."emergency_contact_phone", OLD."emergency_contact_relation", OLD."family_name", OLD."given_name", OLD."id", OLD."medical_record_number", NOW(), \'delete\', OLD."id", OLD."phone", OLD."registered_by_key", OLD."restricted", OLD."revision", OLD."sex"); RETURN NULL;', hash='4167e2238107edf3f3d82e70c260f4a12feb0617', operation='DELETE', pgid='pgtrigger_delete_delete_15ba0', table='people_patient', when='AFTER'))],
            },
        ),
        migrations.CreateModel(
            name='BodyWeight',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('recorded_at', models.DateTimeField(help_text="When it was entered, by the server's clock.")),
                ('reason', models.TextField(blank=True, help_text='Why the earlier fact was corrected.')),
                ('idempotency_key', models.UUIDField(blank=True, help_text='Made on the tablet, so that a repeated write is one fact.', null=True, unique=True)),
                ('weight_kg', models.DecimalField(decimal_places=1, max_digits=4)),
                ('measured_at', models.DateTimeField()),
                ('entered_offset_min', models.SmallIntegerField()),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.clinic')),
                ('corrects', models.OneToOneField(blank=True, help_text='The earlier fact this one replaces.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='correction', to='people.bodyweight')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='weights', to='people.patient')),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(fields=['patient', '-measured_at'], name='people_weight_by_patient')],
                'constraints': [models.CheckConstraint(condition=models.Q(('corrects__isnull', True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='people_bodyweight_correction_has_reason', violation_error_message='A correction needs its reason.'), models.CheckConstraint(condition=models.Q(('weight_kg__gte', 1), ('weight_kg__lte', 650)), name='people_bodyweight_weight_kg_possible')],
            },
        ),
        migrations.CreateModel(
            name='AntidepressantTrial',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('recorded_at', models.DateTimeField(help_text="When it was entered, by the server's clock.")),
                ('reason', models.TextField(blank=True, help_text='Why the earlier fact was corrected.')),
                ('idempotency_key', models.UUIDField(blank=True, help_text='Made on the tablet, so that a repeated write is one fact.', null=True, unique=True)),
                ('drug', models.CharField(max_length=120)),
                ('drug_class', models.CharField(choices=[('ssri', 'SSRI'), ('snri', 'SNRI'), ('tricyclic', 'Tricyclic'), ('maoi', 'MAO inhibitor'), ('atypical', 'Another antidepressant'), ('augmentation', 'Augmentation (added to an antidepressant)'), ('psychotherapy', 'Psychotherapy'), ('ect', 'Electroconvulsive therapy'), ('tms', 'Magnetic or other stimulation'), ('other', 'Another treatment')], max_length=16)),
                ('oral', models.BooleanField(help_text='Null: not known.', null=True)),
                ('dose_mg', models.DecimalField(decimal_places=2, help_text='Per day, the highest held.', max_digits=7, null=True)),
                ('dose_adequate', models.BooleanField(help_text='Null: not judged.', null=True)),
                ('weeks', models.DecimalField(decimal_places=1, help_text='Weeks at an adequate dose.', max_digits=5, null=True)),
                ('adherence', models.CharField(choices=[('yes', 'Yes, as prescribed'), ('partly', 'Partly'), ('no', 'No'), ('unknown', 'Not known')], max_length=8)),
                ('result', models.CharField(blank=True, choices=[('responded', 'Responded'), ('inadequate response', 'Response was not enough'), ('not tolerated', 'Not tolerated'), ('', 'Not known')], max_length=24)),
                ('improvement_percent', models.DecimalField(decimal_places=1, max_digits=4, null=True)),
                ('current_episode', models.BooleanField(help_text='Null: not known.', null=True)),
                ('reason_stopped', models.TextField(blank=True)),
                ('origin', models.CharField(help_text='Where this is known from: a letter, the patient.', max_length=200)),
                ('drug_code', models.CharField(blank=True, default='', help_text='Empty: not in the list.', max_length=16)),
                ('dose_amount', models.DecimalField(decimal_places=3, help_text='The highest held.', max_digits=9, null=True)),
                ('dose_unit', models.CharField(blank=True, choices=[('mg/d', 'mg a day'), ('ug/d', 'µg a day'), ('mmol/L', 'mmol/L in blood')], default='', max_length=8)),
                ('started', models.CharField(blank=True, default='', help_text='2024, 2024-03 or 2024-03-15.', max_length=10)),
                ('stopped', models.CharField(blank=True, default='', max_length=10)),
                ('ongoing', models.BooleanField(default=False, help_text='Still taken when it was entered.')),
                ('sessions', models.PositiveSmallIntegerField(null=True)),
                ('placement', models.CharField(blank=True, choices=[('', 'Not known'), ('bilateral', 'Bilateral'), ('unilateral', 'Unilateral')], default='', max_length=12)),
                ('origin_kind', models.CharField(blank=True, choices=[('', 'Not stated'), ('patient', 'The patient'), ('pharmacy', 'A pharmacy record'), ('letter', 'A letter'), ('record', "Another clinic's record"), ('other', 'Something else')], default='', max_length=12)),
                ('judged', models.BooleanField(help_text="The prescriber's own judgement; null: as computed.", null=True)),
                ('judged_reason', models.TextField(blank=True, default='')),
                ('augments', models.ForeignKey(help_text='Added to this one.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='augmented_by', to='people.antidepressanttrial')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.clinic')),
                ('corrects', models.OneToOneField(blank=True, help_text='The earlier fact this one replaces.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='correction', to='people.antidepressanttrial')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='antidepressant_trials', to='people.patient')),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(fields=['patient', 'recorded_at'], name='people_trial_by_patient')],
                'constraints': [models.CheckConstraint(condition=models.Q(('corrects__isnull', True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='people_antidepressanttrial_correction_has_reason', violation_error_message='A correction needs its reason.'), models.CheckConstraint(condition=models.Q(('drug_class__in', ['ssri', 'snri', 'tricyclic', 'maoi', 'atypical', 'augmentation', 'psychotherapy', 'ect', 'tms', 'other'])), name='people_antidepressanttrial_drug_class_known'), models.CheckConstraint(condition=models.Q(('adherence__in', ['yes', 'partly', 'no', 'unknown'])), name='people_antidepressanttrial_adherence_known'), models.CheckConstraint(condition=models.Q(('result__in', ['responded', 'inadequate response', 'not tolerated', ''])), name='people_antidepressanttrial_result_known'), models.CheckConstraint(condition=models.Q(('dose_unit__in', ['', 'mg/d', 'ug/d', 'mmol/L'])), name='people_antidepressanttrial_dose_unit_known'), models.CheckConstraint(condition=models.Q(('placement__in', ['', 'bilateral', 'unilateral'])), name='people_antidepressanttrial_placement_known'), models.CheckConstraint(condition=models.Q(('origin_kind__in', ['', 'patient', 'pharmacy', 'letter', 'record', 'other'])), name='people_antidepressanttrial_origin_kind_known'), models.CheckConstraint(condition=models.Q(('dose_mg__isnull', True), ('dose_mg__gt', 0), _connector='OR'), name='people_antidepressanttrial_dose_positive'), models.CheckConstraint(condition=models.Q(('dose_amount__isnull', True), models.Q(('dose_amount__gt', 0), models.Q(('dose_unit', ''), _negated=True)), _connector='OR'), name='people_antidepressanttrial_amount_has_unit'), models.CheckConstraint(condition=models.Q(('started__regex', '^([0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?)?$'), ('stopped__regex', '^([0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?)?$')), name='people_antidepressanttrial_dates_written'), models.CheckConstraint(condition=models.Q(('judged__isnull', True), models.Q(('judged_reason', ''), _negated=True), _connector='OR'), name='people_antidepressanttrial_judgement_has_reason'), models.CheckConstraint(condition=models.Q(('weeks__isnull', True), ('weeks__gte', 0), _connector='OR'), name='people_antidepressanttrial_weeks_possible'), models.CheckConstraint(condition=models.Q(('improvement_percent__isnull', True), ('improvement_percent__lte', 100), _connector='OR'), name='people_antidepressanttrial_improvement_possible')],
            },
        ),
        migrations.CreateModel(
            name='PatientEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_transaction', models.BigIntegerField(db_default=euthymia.clinic.audit.bases.TransactionId(), editable=False)),
                ('pgh_role', models.TextField(db_default=euthymia.clinic.audit.bases.SessionRole(), editable=False)),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('medical_record_number', models.CharField(max_length=32)),
                ('given_name', models.CharField(max_length=100)),
                ('family_name', models.CharField(max_length=100)),
                ('called', models.CharField(blank=True, help_text='The name the patient likes to be called by.', max_length=100)),
                ('birth_date', models.DateField()),
                ('sex', models.CharField(choices=[('female', 'Female'), ('male', 'Male'), ('other', 'Other'), ('unknown', 'Not recorded')], max_length=8)),
                ('ancestry', models.CharField(blank=True, choices=[('', 'Not recorded'), ('other', 'Neither of these'), ('asian', 'Asian, not Japanese'), ('japanese', 'Japanese')], default='', max_length=8)),
                ('phone', models.CharField(blank=True, max_length=40)),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('address', models.TextField(blank=True)),
                ('emergency_contact_name', models.CharField(blank=True, max_length=200)),
                ('emergency_contact_phone', models.CharField(blank=True, max_length=40)),
                ('emergency_contact_relation', models.CharField(blank=True, max_length=100)),
                ('allergies', models.TextField(blank=True, help_text="Empty means not asked; write 'none known' when asked.")),
                ('restricted', models.BooleanField(default=False, help_text='Opens to break-glass access only.')),
                ('revision', models.PositiveIntegerField(default=1, help_text='Grows with each change, so that two never overlap.')),
                ('registered_by_key', models.UUIDField(blank=True, help_text='The idempotency key of the registration.', null=True)),
                ('clinic', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='access.clinic')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='people.patient')),
            ],
            options={
                'abstract': False,
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='d47d32cae08d85fd5e8656c58d77b621666e0dfb', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_5be91', table='people_patientevent', when='BEFORE'))],
            },
        ),
        migrations.CreateModel(
            name='SamePerson',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('recorded_at', models.DateTimeField(help_text="When it was entered, by the server's clock.")),
                ('reason', models.TextField(blank=True, help_text='Why the earlier fact was corrected.')),
                ('idempotency_key', models.UUIDField(blank=True, help_text='Made on the tablet, so that a repeated write is one fact.', null=True, unique=True)),
                ('why', models.TextField(help_text='How it is known that they are one person.')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.clinic')),
                ('corrects', models.OneToOneField(blank=True, help_text='The earlier fact this one replaces.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='correction', to='people.sameperson')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('retired', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='retired_by', to='people.patient')),
                ('signature', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='audit.signature')),
                ('surviving', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='survives', to='people.patient')),
            ],
            options={
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('corrects__isnull', True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='people_sameperson_correction_has_reason', violation_error_message='A correction needs its reason.'), models.CheckConstraint(condition=models.Q(('retired', models.F('surviving')), _negated=True), name='people_sameperson_two_records')],
            },
        ),
        migrations.CreateModel(
            name='SamePersonUndone',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('recorded_at', models.DateTimeField(help_text="When it was entered, by the server's clock.")),
                ('reason', models.TextField(blank=True, help_text='Why the earlier fact was corrected.')),
                ('idempotency_key', models.UUIDField(blank=True, help_text='Made on the tablet, so that a repeated write is one fact.', null=True, unique=True)),
                ('why', models.TextField()),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.clinic')),
                ('corrects', models.OneToOneField(blank=True, help_text='The earlier fact this one replaces.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='correction', to='people.samepersonundone')),
                ('joined', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='undone', to='people.sameperson')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('signature', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='audit.signature')),
            ],
            options={
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('corrects__isnull', True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='people_samepersonundone_correction_has_reason', violation_error_message='A correction needs its reason.')],
            },
        ),
    ]
