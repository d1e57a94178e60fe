"""Facts about the command that no text case can state."""

import csv
import io
import os
import subprocess
import tempfile
import unittest

FRUGAL = os.environ["FRUGAL_COMMAND"]
WORKER = os.environ["SCRIPTED_WORKER"]

STUDY = """name: facts
workload: {{worker: "{worker} --chatty"}}
space: {{batch_size: [16, 64]}}
fixed: {{learning_rate: 0.1, note: 'a, "quoted" word'}}
strategy: {{name: grid}}
limits: {{epochs: 2}}
energy: {{devices: "sim:power=100W"}}
"""


class Command(unittest.TestCase):
    def run_study(self, folder):
        with open(os.path.join(folder, "study.yaml"), "w") as file:
            file.write(STUDY.format(worker=WORKER))
        return self.frugal(folder, "run", "study.yaml", "--format", "json")

    def frugal(self, folder, *words):
        return subprocess.run([FRUGAL, *words], cwd=folder, capture_output=True, timeout=60)

    def test_it_does_not_link_libtorch(self):
        libraries = subprocess.run(["ldd", FRUGAL], capture_output=True, text=True, check=True).stdout
        self.assertIn("libsqlite3", libraries)
        for word in ("torch", "libc10", "cuda", "nvidia-ml"):
            self.assertNotIn(word, libraries)

    def test_stdout_is_data_and_progress_goes_to_stderr(self):
        with tempfile.TemporaryDirectory() as folder:
            done = self.run_study(folder)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(done.stdout.count(b"\n"), 1)
            self.assertTrue(done.stdout.startswith(b'{"study":"facts"'), done.stdout)
            self.assertIn(b"worker: scripted worker", done.stderr)
            self.assertNotIn(b"\x1b", done.stderr)
            self.assertNotIn(b"\r", done.stderr)

    def test_csv_has_the_documented_columns_and_is_rfc_4180(self):
        with tempfile.TemporaryDirectory() as folder:
            self.run_study(folder)
            done = self.frugal(folder, "export")
            self.assertEqual(done.returncode, 0, done.stderr)
            text = done.stdout.decode()
            self.assertEqual(text.count("\n"), text.count("\r\n"))
            rows = list(csv.DictReader(io.StringIO(text, newline="")))
            self.assertEqual(list(rows[0]), ["study", "trial", "repeat", "batch_size", "learning_rate", "note", "epoch", "loss", "accuracy",
                                             "duration_s", "energy_j", "energy_low_j", "energy_high_j", "method", "coverage", "phase"])
            self.assertEqual([(row["trial"], row["epoch"]) for row in rows], [("0", "1"), ("0", "2"), ("1", "1"), ("1", "2")])
            for row in rows:
                self.assertEqual(row["note"], 'a, "quoted" word')
                self.assertEqual(row["method"], "counter")
                self.assertLessEqual(float(row["energy_low_j"]), float(row["energy_j"]))
                self.assertLessEqual(float(row["energy_j"]), float(row["energy_high_j"]))
            trials = list(csv.DictReader(io.StringIO(self.frugal(folder, "export", "--rows", "trials").stdout.decode(), newline="")))
            self.assertEqual([(row["trial"], row["epoch"], row["batch_size"]) for row in trials], [("0", "2", "16"), ("1", "2", "64")])

    def test_the_source_tree_is_left_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            self.run_study(folder)
            self.assertEqual(sorted(os.listdir(folder)), ["frugal.db", "frugal.db.checkpoints", "study.yaml"])


if __name__ == "__main__":
    unittest.main()
