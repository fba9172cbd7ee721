"""The application the server loads."""

from __future__ import annotations

import os
import threading

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "euthymia.clinic.config.settings")
if not settings.MODE_IS_SAID:
    raise ImproperlyConfigured("Nothing is served without EUTHYMIA_MODE. ./run serve and ./run demo set it.")
application = get_wsgi_application()

# After the settings: figures draw with Django's safe strings. In the background: pages can be read meanwhile.
from euthymia.clinic.looks import figures  # noqa: E402

threading.Thread(target=figures.prepare, name="figures", daemon=True).start()
