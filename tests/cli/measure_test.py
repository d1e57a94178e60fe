"""What text cases cannot say of `frugal measure`: bytes, signals and exit statuses pass through exactly; joules agree
with the simulated sensor's power; a trace that is replayed gives the joules of the run."""

import csv
import json
import os
import pty
import signal
import subprocess
import tempfile
import time
import unittest

FRUGAL = os.environ["FRUGAL_COMMAND"]
SIM = "sim:power=100W,error=0"


def measure(*options, command, **kwargs):
    return subprocess.run([FRUGAL, "measure", "--devices", SIM, *options, "--", *command], capture_output=True,
                          timeout=60, **kwargs)


class PassThroughTest(unittest.TestCase):
    def test_streams_byte_for_byte(self):
        data = bytes(range(256)) * 999
        done = measure("--quiet", command=["cat"], input=data)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, data, b""))
        done = measure("--quiet", command=["sh", "-c", "cat >&2; exit 7"], input=data)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (7, b"", data))

    def test_the_end_by_a_signal_is_the_same_signal(self):
        for number in (signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM):
            done = measure(command=["sh", "-c", f"kill -{int(number)} $$"])
            self.assertEqual(done.returncode, -number)
            self.assertIn(f"killed by signal {int(number)}".encode(), done.stderr)

    def test_a_signal_reaches_the_command_and_joules_are_told(self):
        for number, status in ((signal.SIGTERM, 42), (signal.SIGUSR1, 43), (signal.SIGINT, 44)):
            script = "trap 'exit 42' TERM; trap 'exit 43' USR1; trap 'exit 44' INT; echo up; while :; do sleep 0.01; done"
            process = subprocess.Popen([FRUGAL, "measure", "--devices", SIM, "--", "sh", "-c", script],
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.assertEqual(process.stdout.readline(), b"up\n")
            process.send_signal(number)
            _, err = process.communicate(timeout=20)
            self.assertEqual(process.returncode, status)
            self.assertRegex(err, rb"^[0-9.]+ m?J .* in .*: sh -c")

    def test_control_c_on_a_terminal_comes_once(self):
        # The terminal sends it to the whole group; what frugal gets from the terminal it does not send again.
        script = ("n=0; trap 'n=$((n+1))' INT; echo up; i=0; while [ $i -lt 100 ]; do sleep 0.01; i=$((i+1)); done; "
                  "echo got $n; exit 5")
        pid, terminal = pty.fork()
        if pid == 0:
            os.execv(FRUGAL, [FRUGAL, "measure", "--devices", SIM, "--", "sh", "-c", script])
        seen = b""
        while b"up" not in seen:
            seen += os.read(terminal, 1000)
        os.write(terminal, b"\x03")
        while True:
            try:
                chunk = os.read(terminal, 1000)
            except OSError:
                break
            if not chunk:
                break
            seen += chunk
        _, status = os.waitpid(pid, 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), 5)
        self.assertIn(b"got 1", seen)

    def test_a_command_that_is_not_there(self):
        done = measure(command=["/no/such/command"])
        self.assertEqual(done.returncode, 127)
        self.assertEqual(done.stderr.decode(),
                         "frugal: error: '/no/such/command' was not started: No such file or directory\n"
                         "  try: give the command after --, as in: frugal measure -- python train.py\n")
        self.assertEqual(measure(command=["/"]).returncode, 126)

    def test_the_command_outlives_frugal(self):
        with tempfile.TemporaryDirectory() as folder:
            done = os.path.join(folder, "done")
            process = subprocess.Popen([FRUGAL, "measure", "--devices", SIM, "--", "sh", "-c",
                                        f"echo up; sleep 0.4; touch {done}"], stdout=subprocess.PIPE)
            self.assertEqual(process.stdout.readline(), b"up\n")
            process.kill()
            process.wait()
            deadline = time.monotonic() + 10
            while not os.path.exists(done) and time.monotonic() < deadline:
                time.sleep(0.02)
            self.assertTrue(os.path.exists(done), "measuring never kills a training")
            process.stdout.close()

    def test_repeated_runs_read_nothing_from_the_terminal(self):
        done = measure("-n", "2", "--quiet", command=["cat"], input=b"only once")
        self.assertEqual((done.returncode, done.stdout), (0, b""))


class JoulesTest(unittest.TestCase):
    def test_json_is_the_last_line_and_joules_are_power_times_time(self):
        done = measure("--format", "json", command=["sh", "-c", "echo work; sleep 0.2"])
        self.assertEqual(done.returncode, 0)
        lines = done.stdout.splitlines()
        self.assertEqual(lines[0], b"work")
        found = json.loads(lines[-1])
        run = found["runs"][0]
        self.assertGreaterEqual(run["duration_s"], 0.2)
        self.assertAlmostEqual(run["energy"]["total_j"], 100 * run["duration_s"], delta=0.1)
        self.assertEqual(run["energy"]["by_device"]["sim0"]["method"], "counter")
        self.assertEqual(found["own_cost"]["method"], "model")
        self.assertGreater(found["own_cost"]["cpu_time_s"], 0)

    def test_forked_and_threaded_work_counts(self):
        # One core of 200 W and no idle power: the model's joules are CPU seconds × 200 W, whoever spent them.
        spin = "s=0\nfor i in range(700000): s+=i"
        programs = {
            "alone": spin,
            "threads": f"import threading\ndef f():\n exec({spin!r}, {{}})\n"
                       "t=[threading.Thread(target=f) for _ in range(3)]\n[x.start() for x in t]\n[x.join() for x in t]",
            "forked": f"import os\nfor _ in range(3):\n if os.fork()==0:\n  exec({spin!r}, {{}}); os._exit(0)\n"
                      "for _ in range(3): os.wait()",
        }
        for name, program in programs.items():
            done = subprocess.run([FRUGAL, "measure", "--devices", "model:tdp=200W,idle=0W,cores=1", "--format", "json",
                                   "--quiet", "--", "/usr/bin/python3", "-c", program], capture_output=True, timeout=60)
            run = json.loads(done.stdout.splitlines()[-1])["runs"][0]
            most = min(run["cpu_time_s"], run["duration_s"])
            self.assertGreater(run["cpu_time_s"], 0.02)
            self.assertAlmostEqual(run["energy"]["total_j"], 200 * most, delta=200 * (0.12 * most + 0.03), msg=name)

    def test_a_replayed_trace_gives_the_joules_of_the_run(self):
        with tempfile.TemporaryDirectory() as folder:
            trace = os.path.join(folder, "trace.csv")
            wave = "sim:wave=square,low=50,high=250,wave_period=100ms,error=0"
            command = [FRUGAL, "measure", "--interval", "5 ms", "--format", "json", "--quiet"]
            done = subprocess.run([*command, "--devices", wave, "--trace", trace, "--", "sleep", "0.6"],
                                  capture_output=True, timeout=60)
            recorded = json.loads(done.stdout)["runs"][0]["energy"]["total_j"]
            with open(trace, newline="", encoding="utf-8") as file:
                rows = list(csv.DictReader(file))
            self.assertGreater(len(rows), 10)
            times = [float(row["t_s"]) for row in rows]
            joules = [float(row["counter_j"]) for row in rows]
            self.assertEqual(times, sorted(times))
            self.assertEqual(joules, sorted(joules))
            self.assertAlmostEqual(joules[-1] - joules[0], recorded, delta=0.1 * recorded)
            done = subprocess.run([*command, "--devices", "replay:" + trace, "--", "sleep", "0.5"], capture_output=True,
                                  timeout=60)
            replayed = json.loads(done.stdout)["runs"][0]
            self.assertAlmostEqual(replayed["energy"]["total_j"], recorded * replayed["duration_s"] / 0.6,
                                   delta=0.15 * recorded)

    def test_two_commands_in_blocks(self):
        with tempfile.TemporaryDirectory() as folder:
            log = os.path.join(folder, "log")
            done = measure("-n", "6", "--warmup", "1", "--vs", f"echo B >> {log}; sleep 0.2", "--format", "json",
                           command=["sh", "-c", f"echo A >> {log}; sleep 0.1"])
            found = json.loads(done.stdout)
            with open(log, encoding="utf-8") as file:
                order = file.read().split()
            self.assertEqual(order[:2], ["A", "B"])
            blocks = [tuple(order[i:i + 2]) for i in range(2, 14, 2)]
            self.assertEqual({tuple(sorted(block)) for block in blocks}, {("A", "B")}, "every block has both")
            self.assertEqual(len(set(blocks)), 2, "in either order")
            self.assertEqual([run["command"] for run in found["runs"]], ["AB".index(c) for c in order[2:]])
            ratio = found["comparison"]
            mean = [sum(r["energy"]["total_j"] for r in found["runs"] if r["command"] == c) / 6 for c in (0, 1)]
            self.assertAlmostEqual(ratio["ratio"], mean[1] / mean[0])
            self.assertLess(ratio["low"], ratio["ratio"])
            self.assertGreater(ratio["high"], ratio["ratio"])
            self.assertGreater(ratio["low"], 1.2)
            self.assertRegex(done.stderr.decode(), r"\nB takes [0-9.]+ times the joules of A \(95 % interval .*\): .* % more\.\n$")

    def test_the_verdict_is_that_of_the_interval(self):
        done = measure("-n", "8", "--vs", "sleep 0.05", "--format", "json", command=["sleep", "0.05"])
        found = json.loads(done.stdout)["comparison"]
        self.assertLess(found["low"], found["high"])
        self.assertEqual(found["distinguishable"], found["low"] > 1 or found["high"] < 1)

    def test_a_failing_run_ends_the_series(self):
        done = measure("-n", "3", "--format", "json", command=["sh", "-c", "exit 9"])
        self.assertEqual(done.returncode, 1)
        self.assertIn("'sh -c 'exit 9'' ended with exit status 9 in run 1: the series ends here", done.stderr.decode())
        self.assertEqual(len(json.loads(done.stdout)["runs"]), 1)


if __name__ == "__main__":
    unittest.main()
