"""0001_initial to 0002_sent_forms in one, for a new database. One that has some of them goes on with those."""

import django.db.models.deletion
import django.db.models.functions.datetime
import euthymia.clinic.audit.bases
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('audit', '0001_initial'), ('audit', '0002_sent_forms')]

    initial = True

    dependencies = [
        ('access', '0001_squashed_0002_wall_screens'),
        ('access', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='SentForm',
            fields=[
                ('key', models.UUIDField(primary_key=True, serialize=False)),
                ('sha256', models.CharField(max_length=64)),
                ('sent_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['sent_at'], name='audit_sent_form_by_age')],
            },
        ),
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('seq', models.BigAutoField(primary_key=True, serialize=False)),
                ('at', models.DateTimeField(help_text='When it was done, by the clock of the process that recorded it.')),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, help_text="The transaction's start.")),
                ('transaction', models.BigIntegerField(db_default=euthymia.clinic.audit.bases.TransactionId(), editable=False)),
                ('db_role', models.TextField(db_default=euthymia.clinic.audit.bases.SessionRole(), editable=False)),
                ('actor_id', models.UUIDField(help_text='Nobody: the system itself, or a sign-in that failed.', null=True)),
                ('actor_name', models.CharField(max_length=200)),
                ('actor_roles', models.CharField(blank=True, help_text='Roles held then, by comma.', max_length=200)),
                ('verb', models.CharField(max_length=64)),
                ('patient_id', models.UUIDField(null=True)),
                ('subject', models.CharField(blank=True, help_text='What it was done to: a kind and an id.', max_length=200)),
                ('detail', models.JSONField(default=dict, help_text='Ids and names of fields; never clinical values.')),
                ('request_id', models.UUIDField(null=True)),
                ('ip', models.GenericIPAddressField(null=True)),
                ('prev_hash', models.CharField(db_default=models.Value(''), editable=False, max_length=64)),
                ('hash', models.CharField(db_default=models.Value(''), editable=False, max_length=64)),
                ('clinic', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.clinic')),
            ],
            options={
                'indexes': [models.Index(fields=['patient_id', '-at'], name='audit_by_patient'), models.Index(fields=['actor_id', '-at'], name='audit_by_actor'), models.Index(fields=['clinic', '-at'], name='audit_by_clinic'), models.Index(fields=['transaction'], name='audit_by_transaction')],
            },
        ),
        migrations.CreateModel(
            name='Signature',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('recorded_at', models.DateTimeField(help_text="When it was entered, by the server's clock.")),
                ('reason', models.TextField(blank=True, help_text='Why the earlier fact was corrected.')),
                ('idempotency_key', models.UUIDField(blank=True, help_text='Made on the tablet, so that a repeated write is one fact.', null=True, unique=True)),
                ('signer_name', models.CharField(help_text='As printed at the time.', max_length=200)),
                ('signer_roles', models.CharField(max_length=200)),
                ('meaning', models.CharField(help_text='What the signature says: “I prescribe this order”.', max_length=200)),
                ('content_sha256', models.CharField(max_length=64)),
                ('method', models.CharField(choices=[('passkey', 'Passkey'), ('password+totp', 'Password And Code')], max_length=16)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.clinic')),
                ('corrects', models.OneToOneField(blank=True, help_text='The earlier fact this one replaces.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='correction', to='audit.signature')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('corrects__isnull', True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='audit_signature_correction_has_reason', violation_error_message='A correction needs its reason.')],
            },
        ),
    ]
