"""Loads `.keras` files in a process that cannot import nndsl, and says what they give. Run as a script."""

import sys
from pathlib import Path

import numpy as np

sys.modules["nndsl"] = None  # type: ignore[assignment]  # an import of it fails


def main(folder: Path) -> None:
    import keras

    for path in sorted(folder.glob("*.keras")):
        try:
            feeds = dict(np.load(path.with_suffix(".inputs.npz")))
            model = keras.saving.load_model(path, compile=False)
            given = model(feeds if len(feeds) != 1 else next(iter(feeds.values())), training=False)
            results = [given[name] for name in sorted(given)] if isinstance(given, dict) else [given]
            np.savez(path.with_suffix(".outputs.npz"), *[np.asarray(keras.ops.cast(one, "float32")) for one in results])
        except Exception as failure:  # noqa: BLE001 (whatever it is, the test shows it)
            path.with_suffix(".failure").write_text(f"{type(failure).__name__}: {failure}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
