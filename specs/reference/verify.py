"""Verify bundles and excerpts: python3 verify.py FILE… [--expect ID]. Prints JSON, an array for several; exit code 0 whole, 1 failed, 2 usage, 3 undecodable."""

import argparse
import json
import sys

from parley_reference.errors import ProtocolError
from parley_reference.excerpt import verify_file


def main():
    parser = argparse.ArgumentParser(description="Verify a bundle or an excerpt with nothing but the file.")
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--expect", action="append", default=[], metavar="ID", help="an identity that must be among the authors")
    arguments = parser.parse_args()
    try:
        reports = [report_of(file, arguments.expect) for file in arguments.files]
    except OSError as error:
        parser.error(str(error))
    json.dump(reports[0] if len(reports) == 1 else reports, sys.stdout, ensure_ascii=False, indent=1)
    print()
    return max(3 if "error" in report else 0 if report["ok"] else 1 for report in reports)


def report_of(file, expect):
    with open(file, "rb") as opened:
        data = opened.read()
    try:
        return verify_file(data, expect)
    except ProtocolError as error:
        return {"ok": False, "error": error.code}


if __name__ == "__main__":
    sys.exit(main())
