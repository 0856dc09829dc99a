"""What the service counts and times, in the format of Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Histogram, Info, ProcessCollector

import nndsl
from nndsl.serving.service import Service

_PATHS = ("/", "/predict", "/health", "/metrics", "/docs", "/openapi.json")
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Measures:
    """Counts since the start.

    Attributes:
        registry: all of them.
        examples: how many have been predicted.
    """

    def __init__(self, service: Service):
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        served = Info("nndsl_served", "What is served.", registry=self.registry)
        served.info({"training": service.name, "network": service.asked.network, "version": nndsl.__version__})
        self.examples = Counter("nndsl_examples", "Examples that the network was asked about.", registry=self.registry)
        self._requests = Counter("nndsl_requests", "Requests answered.", ("path", "status"), registry=self.registry)
        self._seconds = Histogram("nndsl_request_seconds", "Time from request to answer.", ("path",), registry=self.registry, buckets=_SECONDS)

    def answered(self, path: str, status: int, seconds: float) -> None:
        """Count a request; all paths that there are not count as one."""
        known = path if path in _PATHS else "other"
        self._requests.labels(known, str(status)).inc()
        self._seconds.labels(known).observe(seconds)
