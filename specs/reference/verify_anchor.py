"""Verify anchors: python3 verify_anchor.py FILE, of JSON, an array of cases of vectors/anchor.json or vectors/evm.json as their `input`. Prints what each shows."""

import argparse
import json
import sys

from make_vectors import plain
from parley_reference import anchor
from parley_reference.errors import ProtocolError


def main():
    parser = argparse.ArgumentParser(description="Verify proofs of anchors, offline, by what the reader of each knows.")
    parser.add_argument("file", metavar="FILE")
    with open(parser.parse_args().file) as opened:
        json.dump([shown(each) for each in json.load(opened)], sys.stdout)
    print()


def shown(given):
    known = [(each["chain"], each["height"], bytes.fromhex(each["hash"])) for each in given["known"]]
    least = {chain: int(work) for chain, work in given.get("leastWork", {}).items()}
    try:
        proof = anchor.decode_proof(bytes.fromhex(given["proof"]))
        return {"findings": plain(anchor.verify_anchor(bytes.fromhex(given["commitment"]), proof, known, least))}
    except ProtocolError as error:
        return {"error": error.code}


if __name__ == "__main__":
    main()
