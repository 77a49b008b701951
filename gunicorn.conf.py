"""How the site is served, by `manage.py run` and in the image alike; each adds the address."""

import sys
from pathlib import Path

chdir = str(Path(__file__).resolve().parent)
sys.path.insert(0, chdir)

from evosync import settings  # noqa: E402 (found by the line above)

wsgi_app = "evosync.wsgi"
workers = 2
threads = 4
# Whoever stops us waits for 60 seconds.
graceful_timeout = 30
# Its control socket would be one for all sites of this user, in the home folder.
control_socket_disable = True
# Whom to believe about https is settled in one place: `evosync.proxies`.
forwarded_allow_ips = ""
# In the format of all our lines. Requests are logged by the site itself, without what must not be told.
logconfig_dict = settings.LOGGING
