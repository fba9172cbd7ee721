"""0001_initial to 0002_wall_screens in one, for a new database. One that has some of them goes on with those."""

import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import euthymia.clinic.audit.bases
import pgtrigger.compiler
import pgtrigger.migrations
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('access', '0001_initial'), ('access', '0002_wall_screens')]

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='User',
            fields=[
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('email', models.EmailField(max_length=254, unique=True)),
                ('name', models.CharField(help_text='As printed beside a signature.', max_length=200)),
                ('is_active', models.BooleanField(default=True)),
                ('session_salt', models.UUIDField(default=uuid.uuid4, editable=False, help_text='A new one ends every session.')),
            ],
            options={
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('email'), name='access_email_in_any_case_once')],
            },
        ),
        migrations.CreateModel(
            name='Clinic',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('name', models.CharField(max_length=200)),
                ('jurisdiction', models.CharField(default='US', max_length=8)),
                ('time_zone', models.CharField(default='UTC', help_text='Times are shown in this zone.', max_length=64)),
            ],
            options={
                'abstract': False,
                'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "access_clinicevent" ("created_at", "id", "jurisdiction", "name", "pgh_created_at", "pgh_label", "pgh_obj_id", "time_zone") VALUES (NEW."created_at", NEW."id", NEW."jurisdiction", NEW."name", NOW(), \'insert\', NEW."id", NEW."time_zone"); RETURN NULL;', hash='e048e5cca06b217ff1631127bb1d4d1f9e763a0e', operation='INSERT', pgid='pgtrigger_insert_insert_caab9', table='access_clinic', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "access_clinicevent" ("created_at", "id", "jurisdiction", "name", "pgh_created_at", "pgh_label", "pgh_obj_id", "time_zone") VALUES (NEW."created_at", NEW."id", NEW."jurisdiction", NEW."name", NOW(), \'update\', NEW."id", NEW."time_zone"); RETURN NULL;', hash='ddef2607413d8bf868c34e4e4736b1def9b2e2f8', operation='UPDATE', pgid='pgtrigger_update_update_2fecf', table='access_clinic', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "access_clinicevent" ("created_at", "id", "jurisdiction", "name", "pgh_created_at", "pgh_label", "pgh_obj_id", "time_zone") VALUES (OLD."created_at", OLD."id", OLD."jurisdiction", OLD."name", NOW(), \'delete\', OLD."id", OLD."time_zone"); RETURN NULL;', hash='4020b11ab88324f50d9765d8d6066004e0688de1', operation='DELETE', pgid='pgtrigger_delete_delete_9e1e0', table='access_clinic', when='AFTER'))],
            },
        ),
        migrations.CreateModel(
            name='ClinicEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_transaction', models.BigIntegerField(db_default=euthymia.clinic.audit.bases.TransactionId(), editable=False)),
                ('pgh_role', models.TextField(db_default=euthymia.clinic.audit.bases.SessionRole(), editable=False)),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('name', models.CharField(max_length=200)),
                ('jurisdiction', models.CharField(default='US', max_length=8)),
                ('time_zone', models.CharField(default='UTC', help_text='Times are shown in this zone.', max_length=64)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='OneTimeLink',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('token_sha256', models.CharField(max_length=64, unique=True)),
                ('purpose', models.CharField(choices=[('first_administrator', 'First Administrator'), ('invitation', 'Invitation')], max_length=32)),
                ('expires_at', models.DateTimeField()),
                ('used_at', models.DateTimeField(null=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='OneTimeLinkEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_transaction', models.BigIntegerField(db_default=euthymia.clinic.audit.bases.TransactionId(), editable=False)),
                ('pgh_role', models.TextField(db_default=euthymia.clinic.audit.bases.SessionRole(), editable=False)),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('purpose', models.CharField(choices=[('first_administrator', 'First Administrator'), ('invitation', 'Invitation')], max_length=32)),
                ('expires_at', models.DateTimeField()),
                ('used_at', models.DateTimeField(null=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='RoleAssignment',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('role', models.CharField(choices=[('prescriber', 'prescriber'), ('nurse', 'nurse'), ('therapist', 'therapist'), ('front_desk', 'front_desk'), ('medical_director', 'medical_director'), ('administrator', 'administrator')], max_length=32)),
                ('held', models.BooleanField(default=True)),
            ],
        ),
        migrations.CreateModel(
            name='RoleAssignmentEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_transaction', models.BigIntegerField(db_default=euthymia.clinic.audit.bases.TransactionId(), editable=False)),
                ('pgh_role', models.TextField(db_default=euthymia.clinic.audit.bases.SessionRole(), editable=False)),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('role', models.CharField(choices=[('prescriber', 'prescriber'), ('nurse', 'nurse'), ('therapist', 'therapist'), ('front_desk', 'front_desk'), ('medical_director', 'medical_director'), ('administrator', 'administrator')], max_length=32)),
                ('held', models.BooleanField(default=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='SpentCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('counter', models.BigIntegerField(help_text='The half-minute the code belongs to (RFC 6238).')),
            ],
        ),
        migrations.CreateModel(
            name='UserEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_transaction', models.BigIntegerField(db_default=euthymia.clinic.audit.bases.TransactionId(), editable=False)),
                ('pgh_role', models.TextField(db_default=euthymia.clinic.audit.bases.SessionRole(), editable=False)),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('email', models.EmailField(max_length=254)),
                ('name', models.CharField(help_text='As printed beside a signature.', max_length=200)),
                ('is_active', models.BooleanField(default=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='WallScreen',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('name', models.CharField(help_text='Where it hangs.', max_length=60)),
                ('token_sha256', models.CharField(max_length=64, unique=True)),
                ('opened_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('opened_at'))), name='access_wall_screen_runs_out')],
            },
        ),
        migrations.CreateModel(
            name='WallScreenEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_transaction', models.BigIntegerField(db_default=euthymia.clinic.audit.bases.TransactionId(), editable=False)),
                ('pgh_role', models.TextField(db_default=euthymia.clinic.audit.bases.SessionRole(), editable=False)),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('name', models.CharField(help_text='Where it hangs.', max_length=60)),
                ('opened_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='BreakGlass',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('recorded_at', models.DateTimeField(help_text="When it was entered, by the server's clock.")),
                ('reason', models.TextField(blank=True, help_text='Why the earlier fact was corrected.')),
                ('idempotency_key', models.UUIDField(blank=True, help_text='Made on the tablet, so that a repeated write is one fact.', null=True, unique=True)),
                ('patient_id', models.UUIDField(db_index=True)),
                ('why', models.TextField()),
                ('expires_at', models.DateTimeField()),
                ('corrects', models.OneToOneField(blank=True, help_text='The earlier fact this one replaces.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='correction', to='access.breakglass')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.clinic')),
            ],
            options={
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('corrects__isnull', True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='access_breakglass_correction_has_reason', violation_error_message='A correction needs its reason.'), models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('recorded_at'))), name='access_break_glass_runs_out')],
            },
        ),
        migrations.CreateModel(
            name='BreakGlassReview',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('recorded_at', models.DateTimeField(help_text="When it was entered, by the server's clock.")),
                ('reason', models.TextField(blank=True, help_text='Why the earlier fact was corrected.')),
                ('idempotency_key', models.UUIDField(blank=True, help_text='Made on the tablet, so that a repeated write is one fact.', null=True, unique=True)),
                ('verdict', models.CharField(choices=[('justified', 'Justified'), ('not_justified', 'Not Justified')], max_length=16)),
                ('note', models.TextField(blank=True)),
                ('access', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='review', to='access.breakglass')),
                ('corrects', models.OneToOneField(blank=True, help_text='The earlier fact this one replaces.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='correction', to='access.breakglassreview')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.clinic')),
            ],
            options={
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('corrects__isnull', True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='access_breakglassreview_correction_has_reason', violation_error_message='A correction needs its reason.')],
            },
        ),
        migrations.AddField(
            model_name='user',
            name='clinic',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='staff', to='access.clinic'),
        ),
        migrations.AddField(
            model_name='clinicevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='access.clinic'),
        ),
        migrations.AddField(
            model_name='onetimelink',
            name='user',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='links', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='onetimelinkevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='access.onetimelink'),
        ),
        migrations.AddField(
            model_name='onetimelinkevent',
            name='user',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='roleassignment',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='assignments', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='roleassignmentevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='access.roleassignment'),
        ),
        migrations.AddField(
            model_name='roleassignmentevent',
            name='user',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='spentcode',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='userevent',
            name='clinic',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='access.clinic'),
        ),
        migrations.AddField(
            model_name='userevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='wallscreen',
            name='clinic',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='wall_screens', to='access.clinic'),
        ),
        migrations.AddField(
            model_name='wallscreen',
            name='opened_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='wall_screens', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='wallscreenevent',
            name='clinic',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='access.clinic'),
        ),
        migrations.AddField(
            model_name='wallscreenevent',
            name='opened_by',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='wallscreenevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='access.wallscreen'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='user',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "access_userevent" ("clinic_id", "created_at", "email", "id", "is_active", "name", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."clinic_id", NEW."created_at", NEW."email", NEW."id", NEW."is_active", NEW."name", NOW(), \'insert\', NEW."id"); RETURN NULL;', hash='142fb6d20fee8898bb6f6eea2771753f9a9f4835', operation='INSERT', pgid='pgtrigger_insert_insert_b2fac', table='access_user', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='user',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."clinic_id" IS DISTINCT FROM (NEW."clinic_id") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."email" IS DISTINCT FROM (NEW."email") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."is_active" IS DISTINCT FROM (NEW."is_active") OR OLD."name" IS DISTINCT FROM (NEW."name"))', func='INSERT INTO "access_userevent" ("clinic_id", "created_at", "email", "id", "is_active", "name", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."clinic_id", NEW."created_at", NEW."email", NEW."id", NEW."is_active", NEW."name", NOW(), \'update\', NEW."id"); RETURN NULL;', hash='b4da9c9ba58b23d34244b48954a7db661246c958', operation='UPDATE', pgid='pgtrigger_update_update_5efde', table='access_user', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='user',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "access_userevent" ("clinic_id", "created_at", "email", "id", "is_active", "name", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (OLD."clinic_id", OLD."created_at", OLD."email", OLD."id", OLD."is_active", OLD."name", NOW(), \'delete\', OLD."id"); RETURN NULL;', hash='404645fa8319fc725189b28eff4c69e3d08869ff', operation='DELETE', pgid='pgtrigger_delete_delete_dea43', table='access_user', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='user',
            trigger=pgtrigger.compiler.Trigger(name='secret_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."password" IS DISTINCT FROM (NEW."password") OR OLD."session_salt" IS DISTINCT FROM (NEW."session_salt"))', func='INSERT INTO "access_userevent" ("clinic_id", "created_at", "email", "id", "is_active", "name", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."clinic_id", NEW."created_at", NEW."email", NEW."id", NEW."is_active", NEW."name", NOW(), \'secret\', NEW."id"); RETURN NULL;', hash='5d6a6c274390813f5f59661d094e19e3ee52cee2', operation='UPDATE', pgid='pgtrigger_secret_update_7e7c5', table='access_user', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='clinicevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='48c9e387fdc3f78d34edb0ea72541acd46dbe1e5', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_70c07', table='access_clinicevent', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='onetimelink',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "access_onetimelinkevent" ("created_at", "expires_at", "id", "pgh_created_at", "pgh_label", "pgh_obj_id", "purpose", "used_at", "user_id") VALUES (NEW."created_at", NEW."expires_at", NEW."id", NOW(), \'insert\', NEW."id", NEW."purpose", NEW."used_at", NEW."user_id"); RETURN NULL;', hash='54ef0516e6bc9aa0ee5f54430ce03ece82a0d190', operation='INSERT', pgid='pgtrigger_insert_insert_03d4f', table='access_onetimelink', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='onetimelink',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."expires_at" IS DISTINCT FROM (NEW."expires_at") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."purpose" IS DISTINCT FROM (NEW."purpose") OR OLD."used_at" IS DISTINCT FROM (NEW."used_at") OR OLD."user_id" IS DISTINCT FROM (NEW."user_id"))', func='INSERT INTO "access_onetimelinkevent" ("created_at", "expires_at", "id", "pgh_created_at", "pgh_label", "pgh_obj_id", "purpose", "used_at", "user_id") VALUES (NEW."created_at", NEW."expires_at", NEW."id", NOW(), \'update\', NEW."id", NEW."purpose", NEW."used_at", NEW."user_id"); RETURN NULL;', hash='9fb8821e6ab527f7a9e1e17052d3b0d816976ea9', operation='UPDATE', pgid='pgtrigger_update_update_6855c', table='access_onetimelink', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='onetimelink',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "access_onetimelinkevent" ("created_at", "expires_at", "id", "pgh_created_at", "pgh_label", "pgh_obj_id", "purpose", "used_at", "user_id") VALUES (OLD."created_at", OLD."expires_at", OLD."id", NOW(), \'delete\', OLD."id", OLD."purpose", OLD."used_at", OLD."user_id"); RETURN NULL;', hash='17d443facf84361055856a9a527aefaa0bb8fe3f', operation='DELETE', pgid='pgtrigger_delete_delete_c19e7', table='access_onetimelink', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='onetimelink',
            trigger=pgtrigger.compiler.Trigger(name='secret_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."token_sha256" IS DISTINCT FROM (NEW."token_sha256"))', func='INSERT INTO "access_onetimelinkevent" ("created_at", "expires_at", "id", "pgh_created_at", "pgh_label", "pgh_obj_id", "purpose", "used_at", "user_id") VALUES (NEW."created_at", NEW."expires_at", NEW."id", NOW(), \'secret\', NEW."id", NEW."purpose", NEW."used_at", NEW."user_id"); RETURN NULL;', hash='af7f0be1b156641b637bcb2af2d3e39eb98e33ea', operation='UPDATE', pgid='pgtrigger_secret_update_fdb17', table='access_onetimelink', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='onetimelinkevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='4417d1f50a374e2dcd853586cabaefe600dd0d5c', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_d7197', table='access_onetimelinkevent', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='roleassignment',
            constraint=models.UniqueConstraint(fields=('user', 'role'), name='access_role_assigned_once'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='roleassignment',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "access_roleassignmentevent" ("created_at", "held", "id", "pgh_created_at", "pgh_label", "pgh_obj_id", "role", "user_id") VALUES (NEW."created_at", NEW."held", NEW."id", NOW(), \'insert\', NEW."id", NEW."role", NEW."user_id"); RETURN NULL;', hash='197c96a11280a8cd7b3d2d441de5fc87a5a19d3b', operation='INSERT', pgid='pgtrigger_insert_insert_bf13e', table='access_roleassignment', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='roleassignment',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "access_roleassignmentevent" ("created_at", "held", "id", "pgh_created_at", "pgh_label", "pgh_obj_id", "role", "user_id") VALUES (NEW."created_at", NEW."held", NEW."id", NOW(), \'update\', NEW."id", NEW."role", NEW."user_id"); RETURN NULL;', hash='630d5d430f06193ac4586ecfbd7a661ebe350211', operation='UPDATE', pgid='pgtrigger_update_update_568ba', table='access_roleassignment', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='roleassignment',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "access_roleassignmentevent" ("created_at", "held", "id", "pgh_created_at", "pgh_label", "pgh_obj_id", "role", "user_id") VALUES (OLD."created_at", OLD."held", OLD."id", NOW(), \'delete\', OLD."id", OLD."role", OLD."user_id"); RETURN NULL;', hash='80ec835e748348a4a87bf5fe528dd63e351cbe24', operation='DELETE', pgid='pgtrigger_delete_delete_5a992', table='access_roleassignment', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='roleassignmentevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='19a58ebd87503f7566d0ea3d68aa618cd7404063', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_79bfa', table='access_roleassignmentevent', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='spentcode',
            constraint=models.UniqueConstraint(fields=('user', 'counter'), name='access_code_spent_once'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='userevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='8a12347d77b26dc013dd3ac1de1343242c3a400d', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_df0a5', table='access_userevent', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='wallscreen',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "access_wallscreenevent" ("clinic_id", "closed_at", "created_at", "expires_at", "id", "name", "opened_at", "opened_by_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."clinic_id", NEW."closed_at", NEW."created_at", NEW."expires_at", NEW."id", NEW."name", NEW."opened_at", NEW."opened_by_id", NOW(), \'insert\', NEW."id"); RETURN NULL;', hash='6031895beb7bf3c6cc46da37584a1a2bd5050983', operation='INSERT', pgid='pgtrigger_insert_insert_ede72', table='access_wallscreen', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='wallscreen',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."clinic_id" IS DISTINCT FROM (NEW."clinic_id") OR OLD."closed_at" IS DISTINCT FROM (NEW."closed_at") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."expires_at" IS DISTINCT FROM (NEW."expires_at") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."opened_at" IS DISTINCT FROM (NEW."opened_at") OR OLD."opened_by_id" IS DISTINCT FROM (NEW."opened_by_id"))', func='INSERT INTO "access_wallscreenevent" ("clinic_id", "closed_at", "created_at", "expires_at", "id", "name", "opened_at", "opened_by_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."clinic_id", NEW."closed_at", NEW."created_at", NEW."expires_at", NEW."id", NEW."name", NEW."opened_at", NEW."opened_by_id", NOW(), \'update\', NEW."id"); RETURN NULL;', hash='dbbe7ceb3026a0f188f26d9850915c2df1d12d37', operation='UPDATE', pgid='pgtrigger_update_update_a93ea', table='access_wallscreen', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='wallscreen',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "access_wallscreenevent" ("clinic_id", "closed_at", "created_at", "expires_at", "id", "name", "opened_at", "opened_by_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (OLD."clinic_id", OLD."closed_at", OLD."created_at", OLD."expires_at", OLD."id", OLD."name", OLD."opened_at", OLD."opened_by_id", NOW(), \'delete\', OLD."id"); RETURN NULL;', hash='23f7596abb0dec4d370240126e9184c2587087a9', operation='DELETE', pgid='pgtrigger_delete_delete_bdb4b', table='access_wallscreen', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='wallscreen',
            trigger=pgtrigger.compiler.Trigger(name='secret_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."token_sha256" IS DISTINCT FROM (NEW."token_sha256"))', func='INSERT INTO "access_wallscreenevent" ("clinic_id", "closed_at", "created_at", "expires_at", "id", "name", "opened_at", "opened_by_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."clinic_id", NEW."closed_at", NEW."created_at", NEW."expires_at", NEW."id", NEW."name", NEW."opened_at", NEW."opened_by_id", NOW(), \'secret\', NEW."id"); RETURN NULL;', hash='70a9ddb6303e19a3aed2f8473661da1381f5a117', operation='UPDATE', pgid='pgtrigger_secret_update_e6f84', table='access_wallscreen', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='wallscreenevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='6a4f2cbff6309166b2a2e78376f63cd08dee4444', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_8eceb', table='access_wallscreenevent', when='BEFORE')),
        ),
    ]
