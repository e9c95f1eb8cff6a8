"""Verify a bundle: python3 verify.py FILE [--expect ID]. Prints JSON; exit code 0 whole, 1 failed, 2 usage, 3 undecodable."""

import argparse
import json
import sys

from parley_reference.bundle import verify_bundle
from parley_reference.errors import ProtocolError


def main():
    parser = argparse.ArgumentParser(description="Verify a bundle with nothing but the bundle.")
    parser.add_argument("file")
    parser.add_argument("--expect", action="append", default=[], metavar="ID", help="an identity that must be among the authors")
    arguments = parser.parse_args()
    try:
        with open(arguments.file, "rb") as file:
            data = file.read()
    except OSError as error:
        parser.error(str(error))
    try:
        report = verify_bundle(data, arguments.expect)
    except ProtocolError as error:
        report = {"ok": False, "error": error.code}
    json.dump(report, sys.stdout, ensure_ascii=False, indent=1)
    print()
    return 3 if "error" in report else 0 if report["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
