"""Keras and TensorFlow: the only folder that imports them.

Importing it loads TensorFlow (seconds), without the lines that its C++ part prints before it can be told not to.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what native code writes to standard error to itself, unless the import fails: then show it."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with tempfile.TemporaryFile() as caught:
        stderr = os.dup(2)
        os.dup2(caught.fileno(), 2)
        try:
            yield
        except Exception:
            caught.seek(0)
            os.write(stderr, caught.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


with _quiet():
    import keras  # noqa: F401
    import tensorflow

    with suppress(tensorflow.errors.InternalError):  # a device that cannot start is reported where it is used
        tensorflow.config.list_physical_devices()
tensorflow.get_logger().setLevel("ERROR")
