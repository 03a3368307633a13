"""Fetches the Plotly build that reports/vendor/plotly.toml names, and keeps it where it is what that file says.

python -m tools.vendor_plotly      (npm and its registry are needed)
"""

from __future__ import annotations

import base64
import hashlib
import subprocess
import tarfile
import tempfile
import tomllib
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "reports" / "vendor"


def main() -> None:
    """Writes script and licence. Raises SystemExit where the package is another than the one described."""
    described = tomllib.loads((FOLDER / "plotly.toml").read_text(encoding="utf-8"))
    name = f"{described['package']}@{described['version']}"
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(["npm", "pack", name], cwd=folder, check=True, capture_output=True, text=True)
        packed = (Path(folder) / done.stdout.split()[-1]).read_bytes()
        if f"sha512-{base64.b64encode(hashlib.sha512(packed).digest()).decode()}" != described["integrity"]:
            raise SystemExit(f"{name} is not the package that plotly.toml describes")
        (Path(folder) / "package.tgz").write_bytes(packed)
        with tarfile.open(Path(folder) / "package.tgz") as archive:
            for member, target in ((described["file"], described["file"]), ("LICENSE", "plotly-LICENSE")):
                file = archive.extractfile(f"package/{member}")
                assert file is not None
                (FOLDER / target).write_bytes(file.read())
    print(f"{name} is in {FOLDER.name}/")


if __name__ == "__main__":
    main()
