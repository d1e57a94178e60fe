"""kill -9 of `frugal`, its agent and its worker, with the scripted worker: the same command goes on."""

import os
import signal
import sqlite3
import unittest

from processes import StudyCase, wait_until


class KilledProcesses(StudyCase):
    def kill_at_train(self, number, who, study, store):
        """Runs the study; when the worker has been asked to train for the number-th time, kills `who`."""
        before = self.requests("train")
        run = self.start(study, store)
        self.assertTrue(wait_until(lambda: self.requests("train") >= before + number), "the worker was never asked to train")
        answer = self.kill(run, who)
        return answer

    def whole(self, study):
        run = self.start(study, "whole.db")
        answer = run.finish()
        self.assertEqual(run.code, 0, run.err)
        return answer

    def assert_steps_once(self, store):
        steps = [step["step"] for step in self.report(store)["steps"]]
        self.assertEqual(steps, list(range(len(steps))))

    def test_each_process_at_each_of_the_first_epochs(self):
        study = self.scripted_study("--epoch-ms 80")
        whole = self.whole(study)
        for who in ("frugal", "agent", "worker"):
            for number in (1, 2, 4):
                with self.subTest(who=who, number=number):
                    store = f"{who}-{number}.db"
                    answer = self.kill_at_train(number, who, study, store)
                    if who == "frugal":
                        run = self.start(study, store)
                        answer = run.finish()
                        self.assertEqual(run.code, 0, run.err)
                    self.assert_same_answer(answer, whole)
                    self.assert_steps_once(store)
                    self.assert_nothing_left()

    def test_again_and_again_until_it_ends(self):
        study = self.scripted_study("--epoch-ms 40")
        whole = self.whole(study)
        kills = 0
        while True:
            before = self.requests("train")
            run = self.start(study, "again.db")
            # Every life of frugal may finish one epoch; in the next one it is killed.
            wait_until(lambda: run.process.poll() is not None or self.requests("train") >= before + 2)
            if run.process.poll() is not None:
                break
            os.kill(run.process.pid, signal.SIGKILL)
            run.finish()
            self.assert_nothing_left()
            kills += 1
            self.assertLess(kills, 50)
        answer = run.finish()
        self.assertEqual(run.code, 0, run.err)
        self.assert_same_answer(answer, whole)
        self.assert_steps_once("again.db")
        self.assertGreaterEqual(kills, 3)

    def test_joules_told_before_the_kill_stay_in_the_total(self):
        study = self.scripted_study("--epoch-ms 1600", strategy="{name: vanilla}", space="{}", fixed="{batch_size: 64, learning_rate: 0.1}",
                                    limits="{epochs: 2, patience: 2}")
        for who in ("frugal", "agent"):
            with self.subTest(who=who):
                store = f"joules-{who}.db"
                before = self.requests("train")
                run = self.start(study, store)
                self.assertTrue(wait_until(lambda: self.requests("train") >= before + 1))
                # The agent tells the joules once a second; the ledger shows them as those of an attempt begun.
                self.assertTrue(wait_until(lambda: os.path.exists(self.path(store)) and any(a["energy_j"] for a in self.report(store)["lost_attempts"])))
                answer = self.kill(run, who)
                if who == "frugal":
                    answer = self.start(study, store).finish()
                report = self.report(store)
                lost = [a["energy_j"] for a in report["lost_attempts"]]
                self.assertEqual(len(lost), 1, report["lost_attempts"])
                self.assertGreater(lost[0], 90)
                steps = sum(step["energy_j"] or 0 for step in report["steps"])
                self.assertGreater(steps, 0.99 * 2 * 160)
                self.assertAlmostEqual(answer["energy"]["total_j"], steps + lost[0], delta=1e-6 * steps)
                self.assertGreaterEqual(answer["energy"]["wasted_j"], lost[0])
                self.assert_readings_of_all_attempts(store)

    def assert_readings_of_all_attempts(self, store):
        """Those of the attempt that was killed up to its last progress; of the others up to their end."""
        rows = sqlite3.connect(self.path(store)).execute(
            "SELECT a.state, a.duration_s, min(r.t_s), max(r.t_s), count(*) FROM attempt a JOIN reading r USING (attempt_id) GROUP BY attempt_id").fetchall()
        self.assertEqual(sorted(row[0] for row in rows), ["finished", "finished", "lost"])
        for state, duration, first, last, count in rows:
            self.assertLessEqual(first, 0.2)
            self.assertGreater(last, duration - 0.3, state)
            self.assertGreater(count, 5 * duration, "ten readings a second")

    def test_checkpoints_removed_or_truncated_between_kill_and_resume(self):
        study = self.scripted_study("--epoch-ms 40")
        whole = self.whole(study)
        for spoil in (os.remove, lambda path: os.truncate(path, os.path.getsize(path) // 2)):
            with self.subTest(spoil=getattr(spoil, "__name__", "")):
                store = f"spoiled-{spoil is os.remove}.db"
                self.kill_at_train(4, "frugal", study, store)
                spoiled = 0
                for folder, _, files in os.walk(self.path(store + ".checkpoints")):
                    for name in files:
                        if name.endswith(".ckpt"):
                            spoil(os.path.join(folder, name))
                            spoiled += 1
                self.assertGreater(spoiled, 0)
                run = self.start(study, store)
                answer = run.finish()
                self.assertEqual(run.code, 0, run.err)
                self.assert_same_answer(answer, whole)
                trial = whole["winner"]["trial"]
                self.assertIn(f"a checkpoint of trial {trial} was missing or damaged; the trial was trained again from its start", answer["caveats"])
                self.assert_steps_once(store)

    def test_a_worker_that_dies_over_the_same_step_twice_costs_its_trial_only(self):
        # Trial 0 dies in its first epoch, in every life of the worker; trial 1 is trained.
        study = self.scripted_study("--at train:1:kill", strategy="{name: grid}", space="{batch_size: [16, 64]}", fixed="{learning_rate: 0.1}", limits="{epochs: 1}")
        run = self.start(study, "costs.db")
        answer = run.finish()
        self.assertEqual(run.code, 1, run.err)
        self.assertIsNone(answer["winner"])
        self.assertEqual(answer["stopped_by"], "failed")
        failures = [trial["failure"] for trial in self.report("costs.db")["trial_results"]]
        self.assertEqual(len(failures), 2)
        for failure in failures:
            self.assertTrue(failure.startswith("died: the worker was killed by signal 9 (Killed)"), failure)


if __name__ == "__main__":
    unittest.main()
