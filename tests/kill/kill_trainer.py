"""kill -9 with the built-in trainer: the resumed study has the winner of the uninterrupted one, bit for bit."""

import os
import unittest

from processes import StudyCase, wait_until

STUDY = """name: trained
workload: {{model: mlp, dataset: digits, data_dir: "{data}", metric: accuracy, device: cpu, threads: 1}}
space: {{batch_size: [4, 8, 16], learning_rate: {{low: 0.001, high: 1.0, log: true, points: 10}}}}
fixed: {{optimizer: sgd, momentum: 0.9}}
strategy: {{name: sm2, alpha: 1, thorough_epochs: 2, final_epochs: 4}}
limits: {{epochs: 12, patience: 12}}
energy: {{devices: "sim:power=100W", interval: 20 ms}}
seed: 7
"""


class KilledTrainer(StudyCase):
    def winners_epochs(self, store):
        """Epoch, loss and metrics of all that the winner's trial was trained, exactly as stored."""
        report = self.report(store)
        epochs = []
        for step in report["steps"]:
            if step["trial"] == report["winner"]["trial"]:
                epochs += [(row["epoch"], row["loss"], row["metrics"]) for row in step.get("epochs", [])]
        return epochs

    def trained_steps(self, store):
        """Number of the latest step that left a checkpoint."""
        folder = self.path(store + ".checkpoints")
        names = [name for _, _, files in os.walk(folder) for name in files if name.endswith(".ckpt")]
        return max((int(name[:-len(".ckpt")].rpartition("-")[2]) for name in names), default=0)

    def test_each_process_in_the_middle(self):
        # The folder of the test in the command line marks the processes of this run.
        link = self.path("data")
        os.symlink(os.environ["FRUGAL_DATA"], link)
        study = self.write("study.yaml", STUDY.format(data=link))
        run = self.start(study, "whole.db")
        whole = run.finish()
        self.assertEqual(run.code, 0, run.err)
        epochs = self.winners_epochs("whole.db")
        self.assertGreaterEqual(len(epochs), 12)
        for who, steps in (("frugal", 9), ("agent", 14), ("worker", 20)):
            with self.subTest(who=who):
                store = f"{who}.db"
                run = self.start(study, store)
                self.assertTrue(wait_until(lambda: self.trained_steps(store) >= steps or run.process.poll() is not None))
                self.assertIsNone(run.process.poll(), "the study ended before it could be killed")
                answer = self.kill(run, who)
                if who == "frugal":
                    run = self.start(study, store)
                    answer = run.finish()
                    self.assertEqual(run.code, 0, run.err)
                self.assert_same_answer(answer, whole)
                self.assertEqual(self.winners_epochs(store), epochs)
                self.assert_nothing_left()


if __name__ == "__main__":
    unittest.main()
