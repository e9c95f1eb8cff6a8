"""Write specs/vectors/*.json, and the examples and tables of vectors in specs/*.md. Deterministic: seeds stand in the cases."""

import importlib
import itertools
import json
import re
from pathlib import Path

SPECS = Path(__file__).resolve().parent.parent
FILES = ["encoding", "primitives", "identity", "merkle", "log", "fork", "entry", "epoch", "ordering", "room", "authority", "own-room", "pairing", "replication", "call", "group-call", "fan-out", "media-frame", "checkpoint", "anchor", "evm", "bundle", "excerpt"]
VERSION = "0.1"


def main():
    by_id, by_document = {}, {}
    for name in FILES:
        module = importlib.import_module(f"cases.{name}")
        cases = [{"id": f"{name}-{number}", **plain(case)} for number, case in enumerate(module.cases(), 1)]
        for case in cases:
            by_id[case["id"]] = case
            by_document.setdefault(module.SPEC, {}).setdefault(name, []).append(case)
        head = {"spec": module.SPEC, "version": VERSION, "note": module.NOTE}
        write(SPECS / "vectors" / f"{name}.json", to_json(head, cases))
    for document in sorted(SPECS.glob("*.md")):
        text = document.read_text()
        text = fill(text, "example", lambda case: example(by_id[case]))
        text = fill(text, "vectors", lambda _: table(by_document[document.name]))
        write(document, text)


def plain(value):
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, (list, tuple)) else value


def to_json(head, cases):
    lines = [f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}," for key, value in head.items()]
    bodies = [json.dumps(case, ensure_ascii=True, indent=1).replace("\n", "\n  ") for case in cases]
    return "{\n" + "\n".join(lines) + '\n "cases": [\n  ' + ",\n  ".join(bodies) + "\n ]\n}\n"


def fill(text, kind, content):
    """Replace what stands between `<!-- kind argument -->` and `<!-- end -->`."""
    pattern = re.compile(rf"(<!-- {kind} ?(\S*) -->\n).*?(<!-- end -->)", re.DOTALL)
    return pattern.sub(lambda match: match[1] + content(match[2]) + match[3], text)


def example(case):
    lines = [f"{case['id']}: {case['title']}", ""]
    for part in ("input", "steps", "expect"):
        if part in case:
            lines += [part, *tree(case[part], "  ")]
    return "```text\n" + "\n".join(lines) + "\n```\n"


def tree(value, indent):
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, each in items:
        if isinstance(each, (dict, list)) and each:
            yield f"{indent}{key}"
            yield from tree(each, indent + "  ")
        else:
            text = each if isinstance(each, str) else json.dumps(each)
            start = f"{indent}{key}  "
            lines = [text[at : at + 64] for at in range(0, len(text), 64)] or [""]
            if len(lines) > 4:
                lines[2:] = [f"… {len(text) // 2} bytes"]
            for number, line in enumerate(lines):
                yield (start if number == 0 else " " * len(start)) + line


def table(files):
    lines = ["| cases | section | what they show |", "|---|---|---|"]
    for cases in files.values():
        lines += [row(list(group)) for _, group in itertools.groupby(cases, key=lambda case: case["section"])]
    return "\n".join(lines) + "\n"


def row(cases):
    first, last = cases[0]["id"], cases[-1]["id"]
    ids = f"`{first}`" if first == last else f"`{first}` to `{last}`"
    titles = [case["title"] + (f" → `{case['error']}`" if "error" in case else "") for case in cases]
    return f"| {ids} | {cases[0]['section']} | {'; '.join(titles)} |"


def write(path, text):
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


if __name__ == "__main__":
    main()
