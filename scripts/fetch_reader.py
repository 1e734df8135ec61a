"""Copy the build of zxing that the terminal's page reads with, from npm into the tree.

    cd gate_scanner/terminal/reader && npm ci --ignore-scripts && cd -
    python scripts/fetch_reader.py

The version is declared in gate_scanner/terminal/reader/package.json and pinned with its checksums
in package-lock.json beside it. What is copied is kept in the repository: a fresh clone needs no
npm. checksums.txt says what was copied, and a test compares.
"""

import hashlib
import shutil
from pathlib import Path

READER = Path(__file__).parents[1] / "gate_scanner" / "terminal" / "reader"
PACKAGE = READER / "node_modules" / "zxing-wasm"

COPIED = {
    "dist/iife/reader/index.js": "zxing_reader.js",
    "dist/reader/zxing_reader.wasm": "zxing_reader.wasm",
    "LICENSE": "zxing-wasm-LICENSE.txt",
}


def main() -> None:
    """Copy every file and write down its checksum."""
    lines = []
    for source, name in COPIED.items():
        shutil.copyfile(PACKAGE / source, READER / name)
        digest = hashlib.sha256((READER / name).read_bytes()).hexdigest()
        lines.append(f"{digest}  {name}\n")
        print(f"{name}: {digest}")
    (READER / "checksums.txt").write_text("".join(lines), encoding="ascii")


if __name__ == "__main__":
    main()
