"""Runs text cases against the real `frugal`. A case is a file anybody can add to cases/:

    # what the case is about
    --- file study.yaml          a file in the empty folder in which everything runs
    name: …
    --- run frugal run study.yaml
    --- exit 2                   0 when left out
    --- stdout                   nothing, when left out
    --- stderr                   likewise
    frugal: error: …
    --- json                     facts about the JSON on stdout (all of it, or its last line)
    winner.trial: 0              a dotted path and the JSON that stands there, or
    energy: keys total_j low_j   exactly these keys, in any order, or
    duration_s: number           (also: text, null, list)

Text is compared literally but for two wildcards: `[*]` is anything within a line, a line `[...]` any lines.
`$WORKER` is the scripted worker (tests/scripted_worker), `$DATA` the folder of the data,
`$FOLDER` (in what comes out) the folder in which everything runs. A run is words as a shell reads them; there is no shell. `frugal` is the program under test.

    run_cases.py CASE…             runs them, prints what differs, exits 1 when anything does
    run_cases.py --accept CASE…    writes what came out into the cases, to be read before it is kept
"""

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile

FRUGAL = os.environ["FRUGAL_COMMAND"]
WORDS = {"$WORKER": os.environ.get("SCRIPTED_WORKER", ""), "$DATA": os.environ.get("FRUGAL_DATA", "")}
TIMEOUT_S = 60


def parse(path):
    """The head comment and a list of (kind, argument, body) sections."""
    head, sections = "", []
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.startswith("--- "):
                kind, _, argument = line[4:].rstrip("\n").partition(" ")
                sections.append([kind, argument, ""])
            elif sections:
                sections[-1][2] += line
            else:
                head += line
    return head, sections


def steps(path):
    """Files and runs in order; a run is a dict with what is expected of it."""
    head, sections = parse(path)
    if not head.startswith("# "):
        sys.exit(f"{path}: begin with '# what the case is about'")
    found = []
    for kind, argument, body in sections:
        if kind == "file":
            found.append({"file": argument, "body": body})
        elif kind == "run":
            found.append({"run": argument, "exit": 0, "stdout": "", "stderr": ""})
        elif kind in ("exit", "stdout", "stderr", "json") and found and "run" in found[-1]:
            found[-1][kind] = int(argument) if kind == "exit" else body
        else:
            sys.exit(f"{path}: '--- {kind}' is not known here")
    if not any("run" in step for step in found):
        sys.exit(f"{path}: a case without '--- run' tests nothing")
    return found


def substituted(text):
    for word, value in WORDS.items():
        text = text.replace(word, value)
    return text


def pattern(expected):
    out = ""
    for line in expected.splitlines(keepends=True):
        if line.strip() == "[...]":
            out += r"(?:[^\n]*\n)*?"
        else:
            out += r"[^\n]*".join(re.escape(part) for part in line.split("[*]"))
    return re.compile(out)


def at(value, path):
    for key in path.split(".") if path != "." else []:
        value = value[int(key)] if isinstance(value, list) else value[key]
    return value


def json_faults(stdout, facts):
    try:
        value = json.loads(stdout)
    except ValueError:
        try:
            value = json.loads(stdout.splitlines()[-1])
        except (ValueError, IndexError):
            return ["the last line of stdout is no JSON"]
    kinds = {"number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool), "text": lambda v: isinstance(v, str),
             "list": lambda v: isinstance(v, list)}
    faults = []
    for line in facts.splitlines():
        path, _, wanted = line.partition(": ")
        try:
            held = at(value, path)
        except (KeyError, IndexError, TypeError):
            faults.append(f"{path} is missing")
            continue
        if wanted.startswith("keys "):
            if sorted(held) != sorted(wanted.split()[1:]):
                faults.append(f"{path} has the keys {' '.join(held)}")
        elif wanted in kinds:
            if not kinds[wanted](held):
                faults.append(f"{path} is {held!r}, no {wanted}")
        elif held != json.loads(wanted):
            faults.append(f"{path} is {json.dumps(held)}, not {wanted}")
    return faults


def shown(text):
    return "".join("    | " + line + "\n" for line in text.splitlines()) or "    (nothing)\n"


def run_case(path, accept):
    head = parse(path)[0]
    faults, accepted = [], []
    with tempfile.TemporaryDirectory(prefix="frugal-cli-") as folder:
        for step in steps(path):
            if "file" in step:
                with open(os.path.join(folder, step["file"]), "w", encoding="utf-8", newline="") as file:
                    file.write(substituted(step["body"]))
                accepted.append(f"--- file {step['file']}\n{step['body']}")
                continue
            words = shlex.split(substituted(step["run"]))
            words[0] = FRUGAL if words[0] == "frugal" else words[0]
            environment = {"PATH": os.environ.get("PATH", ""), "HOME": folder, "LC_ALL": "C.UTF-8", "TMPDIR": folder}
            done = subprocess.run(words, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT_S)
            out, err = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
            out, err = out.replace("\r\n", "\n"), err
            for value, word in ((folder, "$FOLDER"), *((value, word) for word, value in WORDS.items() if value)):
                out, err = out.replace(value, word), err.replace(value, word)
            section = f"--- run {step['run']}\n" + (f"--- exit {done.returncode}\n" if done.returncode else "")
            for name, text in (("stdout", out), ("stderr", err)):
                held = "json" in step and name == "stdout"
                expected = step[name]
                if not (held and not expected) and not pattern(expected).fullmatch(text):
                    faults.append(f"{step['run']}: {name} is\n{shown(text)}  and should be\n{shown(expected)}")
                    expected = text
                if expected:
                    section += f"--- {name}\n{expected}" + ("" if expected.endswith("\n") else "\n")
            if done.returncode != step["exit"]:
                faults.append(f"{step['run']}: the exit code is {done.returncode} and should be {step['exit']}\n{shown(err)}")
            if "json" in step:
                faults += [f"{step['run']}: {fault}\n" for fault in json_faults(out, step["json"])]
                section += f"--- json\n{step['json']}"
            accepted.append(section)
    if accept:
        with open(path, "w", encoding="utf-8") as file:
            file.write(head + "".join(accepted))
    return faults


def main(arguments):
    accept = arguments[:1] == ["--accept"]
    failed = 0
    for path in arguments[1:] if accept else arguments:
        faults = run_case(path, accept)
        for fault in faults:
            print(f"{os.path.basename(path)}: {fault}")
        failed += bool(faults) and not accept
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
