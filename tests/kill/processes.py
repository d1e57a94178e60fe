"""Studies run by the real `frugal` with its real agent and worker, and what tests need to kill them.

A run's processes are found by a word that only its worker's command line holds: the folder of the test.
"""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

FRUGAL = os.environ["FRUGAL_COMMAND"]
WORKER = os.environ.get("SCRIPTED_WORKER", "")
DEADLINE_S = 60


def wait_until(condition, deadline_s=DEADLINE_S):
    """The first true value of condition(), or None after the deadline."""
    end = time.monotonic() + deadline_s
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.005)
    return None


def running(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def processes_with(word):
    """Live processes (not this one) whose command line holds `word`."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        try:
            with open(f"/proc/{entry}/cmdline", "rb") as file:
                if word.encode() in file.read() and running(int(entry)):
                    found.append(int(entry))
        except OSError:
            pass
    return found


class Run:
    """One `frugal run` in a session of its own."""

    def __init__(self, study, store, *arguments):
        self.process = subprocess.Popen(
            [FRUGAL, "run", study, "--store", store, "--format", "json", *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)

    def agent(self):
        return next(iter(children(self.process.pid)), None)

    def worker(self):
        agent = self.agent()
        return next(iter(children(agent)), None) if agent else None

    def pid_of(self, who):
        return {"frugal": lambda: self.process.pid, "agent": self.agent, "worker": self.worker}[who]()

    def finish(self, deadline_s=DEADLINE_S):
        """Waits for its end and returns the object that it printed last, or None."""
        self.out, self.err = self.process.communicate(timeout=deadline_s)
        self.code = self.process.returncode
        lines = self.out.splitlines()
        return json.loads(lines[-1]) if lines else None


class StudyCase(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="frugal-kill-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.addCleanup(self.assert_nothing_left)
        self.log = self.path("worker.log")
        self.runs = []

    def tearDown(self):
        for run in self.runs:
            if run.process.poll() is None:
                run.process.kill()
                run.process.communicate()

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def start(self, study, store, *arguments):
        run = Run(study, self.path(store), *arguments)
        self.runs.append(run)
        return run

    def report(self, store):
        result = subprocess.run([FRUGAL, "report", "--store", self.path(store), "--format", "json"], capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)

    def requests(self, what):
        try:
            with open(self.log) as file:
                return sum(1 for line in file if line.split()[0] == what)
        except OSError:
            return 0

    def assert_nothing_left(self, deadline_s=5):
        gone = wait_until(lambda: not processes_with(self.folder), deadline_s)
        self.assertTrue(gone, f"processes left behind: {processes_with(self.folder)}")

    def scripted_study(self, worker_arguments, strategy="{name: sm2, alpha: 1, thorough_epochs: 1, final_epochs: 2}",
                       space="{batch_size: [16, 64], learning_rate: {low: 0.01, high: 1.0, log: true, points: 8}}", fixed="{}", limits="{epochs: 5, patience: 3}"):
        return self.write("study.yaml", f"""name: scripted
workload: {{worker: "{WORKER} --log {self.log} {worker_arguments}"}}
space: {space}
fixed: {fixed}
strategy: {strategy}
limits: {limits}
energy: {{devices: "sim:power=100W", interval: 20 ms}}
seed: 1
""")

    def assert_same_answer(self, result, whole):
        self.assertIsNotNone(result)
        for key in ("trial", "point", "metric", "epochs"):
            self.assertEqual(result["winner"][key], whole["winner"][key])
        self.assertEqual(result["stopped_by"], whole["stopped_by"])
        self.assertEqual(result["trials"], whole["trials"])

    def kill(self, run, who):
        """Kills one of the three and, when it was not frugal itself, lets frugal go on. Returns its answer or None."""
        pid = run.pid_of(who)
        self.assertIsNotNone(pid, f"no {who} to kill")
        os.kill(pid, signal.SIGKILL)
        answer = run.finish()
        if who == "frugal":
            self.assertEqual(run.code, -signal.SIGKILL)
            self.assert_nothing_left()
        else:
            self.assertEqual(run.code, 0, run.err)
        return answer
