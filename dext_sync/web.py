"""How gunicorn serves the site: gunicorn --config python:dext_sync.web"""

from pathlib import Path

from dext_sync import env, settings

wsgi_app = "dext_sync.wsgi:application"
bind = env.text("WEB_BIND", "127.0.0.1:8000")
workers = env.number("WEB_PROCESSES", 3)
threads = env.number("WEB_THREADS", 4)
graceful_timeout = 30
logconfig_dict = settings.LOGGING
control_socket_disable = True
# Else a header SCRIPT_NAME is believed that comes through a proxy on this machine.
forwarder_headers = ""
if Path("/dev/shm").is_dir():  # noqa: S108  (in memory: a slow disk is no dead worker)
    worker_tmp_dir = "/dev/shm"  # noqa: S108
