"""The address of the web application for gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dext_sync.settings")

application = get_wsgi_application()
