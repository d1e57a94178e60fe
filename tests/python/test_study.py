"""Whole studies with Python workers: the real `frugal`, its agent, and a worker that behaves or does not."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
FRUGAL = os.environ["FRUGAL_COMMAND"]

STUDY = """
name: tiny
workload: {worker: "$PYTHON -B $HERE/workers/$WORKER", metric: $METRIC, goal: $GOAL}
space: {width: [1, 2], learning_rate: {low: 0.01, high: 0.4, log: true, points: 4}}
strategy: {name: grid}
limits: {epochs: 2, step: 3 s}
energy: {devices: "sim:power=100W", interval: 20 ms}
"""


class Study:
    def __init__(self, folder, worker, *changes, metric="error", goal="min"):
        text = STUDY
        for word, value in (("PYTHON", sys.executable), ("HERE", HERE), ("WORKER", worker), ("METRIC", metric), ("GOAL", goal)):
            text = text.replace("$" + word, value)
        with open(os.path.join(folder, "study.yaml"), "w", encoding="utf-8") as file:
            file.write(text)
        words = [FRUGAL, "run", "study.yaml", "--format", "json"] + [word for change in changes for word in ("--set", change)]
        self.done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
        self.error = self.done.stderr
        self.code = self.done.returncode
        self.result = json.loads(self.done.stdout.splitlines()[-1]) if self.done.stdout else None
        log = os.path.join(folder, "frugal.db.checkpoints", "tiny", "worker.log")
        self.log = open(log, encoding="utf-8").read() if os.path.exists(log) else ""


class StudyTest(unittest.TestCase):
    def run_study(self, worker, *changes, **more):
        folder = tempfile.TemporaryDirectory(prefix="frugal-python-")
        self.addCleanup(folder.cleanup)
        return Study(folder.name, worker, *changes, **more)

    def test_sm2_runs_on_any_worker_with_steps(self):
        study = self.run_study("line.py", "strategy={name: sm2, thorough_epochs: 1, final_epochs: 1, alpha: 1}",
                               "limits={epochs: 4, patience: 2}")
        self.assertEqual(study.code, 0, study.error)
        self.assertEqual(study.result["trials"], 2)
        self.assertLess(study.result["winner"]["metric"]["value"], 0.1)
        for phase in ("explore_j", "train_j", "evaluate_j", "load_j"):
            self.assertGreater(study.result["energy"]["by_phase"][phase], 0)
        self.assertIn("a print that disturbs nothing", study.log)

    def test_a_function_ends_its_trials_before_the_limit(self):
        study = self.run_study("function.py yields", "limits={epochs: 60}", "space={width: [1, 2]}", metric="accuracy", goal="max")
        self.assertEqual(study.code, 0, study.error)
        self.assertEqual((study.result["trials"], study.result["stopped_by"]), (2, "exhausted"))
        self.assertAlmostEqual(study.result["winner"]["metric"]["value"], 0.7)
        self.assertEqual(study.result["winner"]["epochs"], 3)

    def test_trials_that_raise_cost_themselves(self):
        study = self.run_study("line.py unlucky")
        self.assertEqual(study.code, 0, study.error)
        self.assertEqual(study.result["trials"], 8)
        self.assertGreaterEqual(study.result["winner"]["point"]["learning_rate"], 0.1)
        self.assertRegex(study.error, r"trial 0 internal: RuntimeError: no such luck \(line\.py, line \d+, in step\)")
        self.assertIn("Traceback (most recent call last)", study.log)

    def test_a_worker_that_dies_or_hangs_costs_its_trial(self):
        for deed, told in (("die", "the worker exited with status 9\nthe last it wrote:\na print that disturbs nothing"),
                           ("hang", "the worker gave no answer for 3")):
            with self.subTest(deed):
                study = self.run_study("line.py " + deed, "space={width: [1]}", "strategy={name: vanilla}", "limits={epochs: 1, step: 2 s}"
                                       if deed == "hang" else "limits={epochs: 1}")
                self.assertEqual(study.code, 1, study.error)
                self.assertEqual(study.result["stopped_by"], "failed")
                self.assertIn(told.replace("for 3", "for 2"), study.error)

    def test_a_worker_that_writes_garbage_costs_its_trial(self):
        for deed, told in (("garbage", "the worker wrote what is no message of the protocol: this line is no JSON object: \"Epoch 1: "),
                           ("half", "the worker exited with status 0"),
                           ("flood", "the worker wrote a line that does not end")):
            with self.subTest(deed):
                study = self.run_study("line.py " + deed, "space={width: [1, 2]}", "limits={epochs: 1}")
                self.assertEqual(study.code, 1, study.error)
                self.assertEqual((study.result["trials"], study.result["stopped_by"]), (2, "failed"))
                self.assertEqual(study.error.count(" died: " + told), 2, study.error)

    def test_an_error_before_the_first_request_is_shown(self):
        study = self.run_study("no_such_worker.py")
        self.assertEqual(study.code, 2)
        self.assertIn("the worker did not start: the worker exited with status 2", study.error)
        self.assertIn("No such file or directory", study.error)

    def test_the_example_of_a_plain_function(self):
        with tempfile.TemporaryDirectory(prefix="frugal-python-") as folder:
            done = subprocess.run([FRUGAL, "run", "examples/python-function/study.yaml", "--store", os.path.join(folder, "s.db"),
                                   "--set", "space.power=2", "--format", "json", "--quiet"], cwd=ROOT, capture_output=True,
                                  text=True, timeout=120, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertGreater(json.loads(done.stdout)["winner"]["metric"]["value"], 0.9)


class PackageTest(unittest.TestCase):
    def test_the_package_builds_and_installs_without_a_network(self):
        import shutil
        with tempfile.TemporaryDirectory(prefix="frugal-python-") as folder:
            source = os.path.join(folder, "python")
            shutil.copytree(os.path.join(ROOT, "python"), source, ignore=shutil.ignore_patterns("__pycache__", "build", "*.egg-info"))
            code = "import setuptools.build_meta as b; print(b.build_wheel('..'))"
            done = subprocess.run([sys.executable, "-c", code], cwd=source, capture_output=True, text=True, timeout=120, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            wheel = os.path.join(folder, done.stdout.split()[-1])
            environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
            done = subprocess.run([sys.executable, "-c", "import frugal; print(frugal.__file__, frugal.Worker, frugal.serve_function)"],
                                  env={**environment, "PYTHONPATH": wheel}, cwd=folder, capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(wheel, done.stdout)


if __name__ == "__main__":
    unittest.main()
