"""A program that is to be revived is started again, more slowly each time; the end of any other ends all."""

import signal
import subprocess
import sys
from time import monotonic

from evosync import clusters, supervising
from evosync.supervising import run_together
from tests.installation import ROOT, environment


def test_a_worker_that_died_is_started_again_and_does_not_end_the_site(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(supervising, "MOST_PAUSE", 0.1)
    file, enough = tmp_path / "times", tmp_path / "enough"
    site = f"import os, time\nwhile not os.path.exists({str(enough)!r}): time.sleep(0.05)"
    program = f"open({str(file)!r}, 'a').write('began\\n')\nimport os\n"
    program += f"if open({str(file)!r}).read().count('began') == 2: open({str(enough)!r}, 'w')\nos._exit(3)"
    began = monotonic()
    both = {"site": [sys.executable, "-c", site], "worker": [sys.executable, "-c", program]}
    assert run_together(both, revived={"worker"}) == 1
    assert file.read_text().count("began") >= 2 and monotonic() - began < 30
    said = capsys.readouterr().err
    assert "worker has ended with code 3: starting it again." in said
    assert "site has ended with code 0: stopping the rest." in said


def test_the_pause_grows_until_a_program_has_lived_for_long(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(supervising, "monotonic", lambda: now[0])
    monkeypatch.setattr(supervising.Program, "start", lambda program: vars_of(program, began=now[0], again_at=None))

    class Dead:
        def poll(self):
            return 1

    def vars_of(program, **values):
        for name, value in values.items():
            setattr(program, name, value)

    program = supervising.Program("worker", ["true"], False, True, None, process=Dead(), began=now[0])
    pauses = []
    for lived in (0, 0, 0, 0, 0, 0, 100):
        now[0] += lived
        assert program.ended() is None
        pauses.append(program.again_at - now[0])
        now[0] = program.again_at
        program.ended()
    assert pauses == [2, 4, 8, 16, 30, 30, 1]


STUCK = """
import time
import django
django.setup()
from evosync import clusters

class Stuck:
    asked_to_stop = True

    def __init__(self):
        self.sentinel = self

    def is_alive(self):
        return True

    def start(self):
        print("begun", flush=True)

    def stop(self):
        time.sleep(60)

clusters.Cluster, clusters.STOP_SECONDS = Stuck, 1
clusters.jobs.make_schedules = clusters.beats.say_goodbye = lambda *_args: None
clusters.run("now")
"""


def test_a_cluster_whose_job_does_not_end_ends_all_the_same(tmp_path):
    """Before whoever stops it loses patience, after 60 seconds; its processes end with it."""
    env = environment(tmp_path, f"sqlite:///{tmp_path}/db.sqlite3")
    done = subprocess.run([sys.executable, "-c", STUCK], cwd=ROOT, env=env, capture_output=True, text=True, timeout=50)
    assert (done.returncode, done.stdout) == (-signal.SIGALRM, "begun\n"), done.stderr
    assert clusters.STOP_SECONDS < supervising.GRACE_SECONDS
