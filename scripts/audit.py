"""Audit the pinned dependencies against published advisories: `make audit`.

Fails if one is known to be vulnerable. Where the advisory service does not answer, it says that
nothing was audited: a build without a network must not pass for a safe one, nor fail for it.
"""

import json
import subprocess
import sys
from pathlib import Path

LISTS = ("requirements.txt", "requirements-dev.txt")
TIMEOUT_S = 120


def main() -> int:
    """Audit each list; 1 if a dependency is vulnerable or the auditor itself fails."""
    return max(audit(name) for name in LISTS)


def audit(name: str) -> int:
    """Audit one list of pinned requirements and say in a line a finding what came out."""
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes"]
    command += ["--progress-spinner", "off", "--format", "json", "--requirement", name]
    try:
        asked = subprocess.run(  # noqa: S603 (our own words)
            command,
            cwd=Path(__file__).parent.parent,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        sys.stdout.write(f"audit: {name}: nothing was audited: no answer in {TIMEOUT_S} s\n")
        return 0
    if not asked.stdout.strip():
        last = (asked.stderr.strip().splitlines() or ["no output"])[-1]
        sys.stdout.write(f"audit: {name}: nothing was audited: {last}\n")
        return 0 if "onnection" in asked.stderr or "resolve" in asked.stderr else 1
    found = json.loads(asked.stdout)["dependencies"]
    audited = [one for one in found if "skip_reason" not in one]
    vulnerable = [one for one in audited if one["vulns"]]
    for one in vulnerable:
        for flaw in one["vulns"]:
            fixed = ", ".join(flaw["fix_versions"]) or "no version yet"
            sys.stdout.write(
                f"audit: {one['name']} {one['version']}: {flaw['id']}, fixed in {fixed}\n"
            )
    told = f"{len(audited)} of {len(found)} audited, {len(vulnerable)} vulnerable"
    if not audited:
        told = "nothing was audited: the advisory service does not know these packages, or is away"
    sys.stdout.write(f"audit: {name}: {told}\n")
    return 1 if vulnerable else 0


if __name__ == "__main__":
    sys.exit(main())
