"""What is counted as it happens, in whichever process: requests, calls to outside APIs, jobs.

No label holds an id, an address or anybody's words: each has as many values as the code has views, methods and jobs.
What the database knows anyway is read when `/metrics` is asked for (`evosync.metrics`).
"""

from prometheus_client import Counter, Histogram

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)

REQUESTS = Counter("evosync_requests", "Requests to the site.", ["view", "method", "status"])
REQUEST_SECONDS = Histogram(
    "evosync_request_seconds", "Time until the answer to a request began.", ["view", "method"], buckets=SECONDS
)
API_CALLS = Counter("evosync_api_calls", "Calls to outside APIs.", ["api", "method", "outcome"])
API_SECONDS = Histogram(
    "evosync_api_call_seconds", "Duration of calls to outside APIs.", ["api", "method"], buckets=SECONDS
)
# "task": Prometheus calls what it scrapes a job. What was begun and never ended was killed, or is at work.
JOBS_BEGUN = Counter("evosync_jobs_begun", "Jobs that a worker took up.", ["task"])
JOBS = Counter("evosync_jobs", "Jobs that ended.", ["task", "outcome"])
JOB_SECONDS = Histogram(
    "evosync_job_seconds", "Duration of jobs.", ["task"], buckets=(0.05, 0.25, 1, 5, 10, 30, 60, 120, 300, 900)
)


def count_request(view: str, method: str, status: int, seconds: float) -> None:
    REQUESTS.labels(view, method, str(status)).inc()
    REQUEST_SECONDS.labels(view, method).observe(seconds)


def count_call(api: str, method: str, outcome: str, seconds: float) -> None:
    API_CALLS.labels(api, method, outcome).inc()
    API_SECONDS.labels(api, method).observe(seconds)


def count_job(task: str, outcome: str, seconds: float) -> None:
    JOBS.labels(task, outcome).inc()
    JOB_SECONDS.labels(task).observe(seconds)
