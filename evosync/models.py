from django.db import models


class WorkerBeat(models.Model):
    """The last sign of life of a cluster of workers. Written by `evosync.beats` alone."""

    cluster = models.CharField(max_length=32, primary_key=True)
    seen_at = models.DateTimeField()

    class Meta:
        db_table = "worker_beats"

    def __str__(self) -> str:
        return self.cluster
