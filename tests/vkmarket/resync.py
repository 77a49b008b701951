"""Run the main job again and again, as a schedule would, until nothing waits; then once more. Prints both outcomes."""

import json
import os
import sys
import time

import django

PATIENCE = 40


def main(email: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evosync.settings")
    django.setup()
    from accounts.models import User
    from vkmarket.syncing import Job

    def sync() -> dict:
        return Job(User.objects.get(email=email)).run(refresh=True, dry_run=False, approve=False).values

    deadline = time.monotonic() + PATIENCE
    outcome = sync()
    while outcome["status"] != "done" or outcome["waiting"]:
        if time.monotonic() > deadline:
            sys.exit(f"not settled: {outcome}")
        time.sleep(0.3)
        outcome = sync()
    print(json.dumps([outcome, sync()]))


if __name__ == "__main__":
    main(sys.argv[1])
