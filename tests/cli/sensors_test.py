"""`frugal doctor`, `measure` and `calibrate` on machines whose sensors are stand-ins of known power: NVML's library, the
kernel's powercap tree, a simulated sensor with a gain and an offset."""

import csv
import json
import os
import subprocess
import tempfile
import unittest

FRUGAL = os.environ["FRUGAL_COMMAND"]
STANDIN = os.environ["STANDIN_FOLDER"]
POWERCAP = os.environ["STANDIN_POWERCAP"]
BOARDS = {"gpus": [
    {"name": "NVIDIA A100-SXM4-80GB", "uuid": "GPU-aaaa1111-0000", "architecture": 7, "sim": "power=300W,period=20ms",
     "window_ms": 25, "counter": True, "fields": [185, 186], "limit_w": 400},
    {"name": "NVIDIA TITAN X (Pascal)", "uuid": "GPU-bbbb2222-0000", "architecture": 4, "sim": "power=150W,period=20ms",
     "window_ms": 10, "counter": False, "limit_w": 250}], "driver": "550.54.15"}


class Folder(unittest.TestCase):
    def setUp(self):
        kept = tempfile.TemporaryDirectory()
        self.addCleanup(kept.cleanup)
        self.folder = kept.name
        self.env = {**os.environ, "FRUGAL_CALIBRATIONS": os.path.join(self.folder, "calibrations.json")}
        self.env.pop("CUDA_VISIBLE_DEVICES", None)

    def run_frugal(self, *words, before=(), **more):
        return subprocess.run([*before, FRUGAL, *words], capture_output=True, text=True, timeout=60, cwd=self.folder,
                              env={**self.env, **more})

    def measured(self, *options, command, before=(), **more):
        done = self.run_frugal("measure", "--quiet", "--format", "json", *options, "--", *command, before=before, **more)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout.splitlines()[-1])


class NvmlTest(Folder):
    def setUp(self):
        super().setUp()
        self.env["FRUGAL_STANDIN_NVML"] = json.dumps(BOARDS)
        self.env["LD_LIBRARY_PATH"] = os.path.join(STANDIN, "nvml")

    def doctor(self, **more):
        return json.loads(self.run_frugal("doctor", "--format", "json", **more).stdout)

    def test_doctor_names_every_board_with_its_sensor(self):
        meters = {m["device"]: m for m in self.doctor()["meters"]}
        self.assertEqual(meters["gpu0"]["method"], "counter")
        self.assertEqual((meters["gpu1"]["method"], meters["gpu1"]["period_s"], meters["gpu1"]["window_s"]),
                         ("integral", 0.02, 0.01))
        self.assertIn("NVIDIA A100-SXM4-80GB", meters["gpu0"]["sensor"])

    def test_an_old_library_polls_power_and_a_failing_one_is_a_reason(self):
        old = self.doctor(LD_LIBRARY_PATH=os.path.join(STANDIN, "nvml-old"))
        self.assertEqual([m["method"] for m in old["meters"] if m["device"] == "gpu0"], ["integral"])
        broken = self.doctor(FRUGAL_STANDIN_NVML=json.dumps({**BOARDS, "init": 9}))
        self.assertEqual([m for m in broken["meters"] if m["device"].startswith("gpu")], [])
        self.assertTrue(any(m["sensor"] == "NVML" and m["why"] for m in broken["missing"]))

    def test_joules_of_two_boards_add_up(self):
        found = self.measured("--interval", "20 ms", "--devices", "gpu", command=["sleep", "1"])["runs"][0]
        each, seconds = found["energy"]["by_device"], found["duration_s"]
        self.assertAlmostEqual(each["gpu0"]["energy_j"], 300 * seconds, delta=300 * 0.15)
        self.assertLessEqual(each["gpu0"]["low_j"], 300 * seconds)
        self.assertGreaterEqual(each["gpu0"]["high_j"], 300 * seconds)
        self.assertLessEqual(each["gpu1"]["low_j"], 150 * seconds)
        self.assertGreaterEqual(each["gpu1"]["high_j"], 150 * seconds)
        self.assertAlmostEqual(found["energy"]["total_j"], sum(e["energy_j"] for e in each.values()), places=6)

    def test_visible_devices_and_selection(self):
        one = self.measured("--devices", "gpu", command=["true"], CUDA_VISIBLE_DEVICES="GPU-bbbb2222-0000")
        self.assertEqual([s.split(":")[0] for s in one["sensors"]], ["gpu0"])
        self.assertIn("TITAN X", one["sensors"][0])
        by_uuid = self.measured("--devices", "gpu:GPU-bbbb", command=["true"])
        self.assertIn("TITAN X", by_uuid["sensors"][0])
        done = self.run_frugal("measure", "--devices", "gpu:GPU-cccc", "--", "true")
        self.assertEqual((done.returncode, done.stderr),
                         (2, "frugal: error: no GPU that can be read fits 'gpu:GPU-cccc'\n"
                             "  try: there is gpu0 (gpu:GPU-aaaa1111-0000), gpu1 (gpu:GPU-bbbb2222-0000)\n"))
        done = self.run_frugal("measure", "--devices", "gpu0,gpu0", "--", "true")
        self.assertEqual(done.returncode, 2)
        self.assertIn("listed twice", done.stderr)

    def test_auto_takes_boards_and_models_the_cpu_alone(self):
        done = self.run_frugal("measure", "--", "sleep", "0.2")
        self.assertRegex(done.stderr.splitlines()[0], r"% of it modelled\) in")
        self.assertNotIn("not measured) in", done.stderr)

    def test_a_steps_beat_is_warned_of(self):
        boards = json.loads(json.dumps(BOARDS))
        boards["gpus"] = [{**boards["gpus"][0], "counter": False, "sim": "power=300W,period=100ms"}]
        found = self.measured("--devices", "gpu", "--step", "99.8 ms", command=["sleep", "0.5"],
                              FRUGAL_STANDIN_NVML=json.dumps(boards))
        self.assertTrue(any("beats with the sensor of gpu0" in text for text in found["caveats"]), found["caveats"])


class RaplTest(Folder):
    def test_package_and_dram_against_the_truth(self):
        tree = os.path.join(self.folder, "tree")
        zones = ["intel-rapl:0", "package-0", "power=50W", "intel-rapl:0:0", "dram", "power=8W",
                 "intel-rapl:0:1", "core", "power=40W", "intel-rapl:1", "psys", "power=90W"]
        found = self.measured(command=["sleep", "0.6"], before=(POWERCAP, tree, *zones, "--"))["runs"][0]
        each = found["energy"]["by_device"]
        self.assertEqual(sorted(each), ["cpu0", "dram0"], "neither the cores nor the platform count twice")
        seconds = found["duration_s"]
        self.assertAlmostEqual(each["cpu0"]["energy_j"], 50 * seconds, delta=50 * 0.05)
        self.assertAlmostEqual(each["dram0"]["energy_j"], 8 * seconds, delta=8 * 0.05)
        self.assertAlmostEqual(found["energy"]["total_j"], 58 * seconds, delta=58 * 0.05)

    def test_the_whole_machine_is_beside_and_not_in_the_total(self):
        tree = os.path.join(self.folder, "tree")
        zones = ["intel-rapl:0", "package-0", "power=50W", "intel-rapl:1", "psys", "power=90W"]
        found = self.measured("--devices", "auto,machine", command=["sleep", "0.4"],
                              before=(POWERCAP, tree, *zones, "--"))["runs"][0]
        self.assertAlmostEqual(found["energy"]["total_j"], 50 * found["duration_s"], delta=50 * 0.05)
        self.assertAlmostEqual(found["energy"]["by_device"]["machine0"]["energy_j"], 90 * found["duration_s"],
                               delta=90 * 0.05)


class CalibrateTest(Folder):
    # The sensor shows 1.25 × the truth + 20 W; the plug shows the truth, once a second, on a clock of its own.
    SIM = "sim:sensor=power,wave=square,low=100,high=300,wave_period=1s,gain=1.25,offset=20W,seed=3"

    def calibration_files(self):
        trace, plug = (os.path.join(self.folder, name) for name in ("trace.csv", "plug.csv"))
        with open(trace, "w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(["t_s", "device", "power_w", "counter_j", "method", "sensor", "period_s", "window_s",
                           "relative_error"])
            for i in range(4000):
                true_w = 100 + 200 * ((i // 500) % 2)
                card = ["integral", "sim0 (simulated power)", 0, 0, 0.05] if i == 0 else [""] * 5
                rows.writerow([i / 100, "sim0", 1.25 * true_w + 20, "", *card])
        with open(plug, "w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(["t_s", "power_w"])
            for second in range(1, 40):
                rows.writerow([second, 100 + 200 * (((second * 100 - 50) // 500) % 2)])
        return trace, plug

    def test_a_calibration_is_kept_and_applied_until_it_is_forgotten(self):
        trace, plug = self.calibration_files()
        raw = self.measured("--devices", self.SIM, command=["true"])["sensors"][0]
        with open(trace, encoding="utf-8") as file:
            text = file.read().replace("sim0 (simulated power)", raw.split(": ", 1)[1])
        with open(trace, "w", encoding="utf-8") as file:
            file.write(text)
        done = self.run_frugal("calibrate", "--plug", plug, "--trace", trace, "--format", "json")
        self.assertEqual(done.returncode, 0, done.stderr)
        kept = json.loads(done.stdout)["calibrations"][0]
        self.assertAlmostEqual(kept["gain"], 1 / 1.25, delta=0.01)
        self.assertAlmostEqual(kept["offset_w"], -20 / 1.25, delta=2)
        self.assertIn("sim0", self.run_frugal("calibrate", "--list").stdout)

        wave = self.SIM.replace("wave=square,low=100,high=300,wave_period=1s", "power=200W")
        after = self.measured("--devices", wave, command=["sleep", "0.5"])
        self.assertIn("calibrated", after["sensors"][0])
        run = after["runs"][0]
        self.assertAlmostEqual(run["energy"]["total_j"] / run["duration_s"] / run["energy"]["coverage"], 200, delta=4)
        before = self.measured("--devices", wave, "--uncalibrated", command=["sleep", "0.5"])
        run = before["runs"][0]
        self.assertAlmostEqual(run["energy"]["total_j"] / run["duration_s"] / run["energy"]["coverage"], 270, delta=4)

        self.assertEqual(self.run_frugal("calibrate", "--forget", "sim0").returncode, 0)
        self.assertIn("no sensor is calibrated", self.run_frugal("calibrate", "--list").stdout)
        done = self.run_frugal("calibrate", "--forget", "sim0")
        self.assertEqual((done.returncode, done.stderr), (2, "frugal: error: no calibration is kept for 'sim0'\n"))

    def test_what_cannot_be_fitted_is_refused(self):
        trace, plug = self.calibration_files()
        steady = os.path.join(self.folder, "steady.csv")
        with open(steady, "w", encoding="utf-8") as file:
            file.write("t_s,device,power_w\n" + "".join(f"{i / 10},cpu0,100\n" for i in range(400)))
        for words, sentence in ((["--trace", trace], "a calibration needs --plug and --trace"),
                                (["--trace", trace, "--plug", "none.csv"], "'none.csv' cannot be read"),
                                (["--trace", trace, "--plug", plug, "--device", "sim9"], "did you mean 'sim0'"),
                                (["--trace", steady, "--plug", plug], "gain and offset")):
            done = self.run_frugal("calibrate", *words)
            self.assertEqual(done.returncode, 2, words)
            self.assertIn(sentence, done.stderr)
        self.assertFalse(os.path.exists(self.env["FRUGAL_CALIBRATIONS"]))

    def test_a_broken_file_of_calibrations_is_a_caveat_and_no_end(self):
        with open(self.env["FRUGAL_CALIBRATIONS"], "w", encoding="utf-8") as file:
            file.write("{")
        found = self.measured("--devices", "sim", command=["true"])
        self.assertTrue(any("no calibration is applied" in text for text in found["caveats"]), found["caveats"])


if __name__ == "__main__":
    unittest.main()
