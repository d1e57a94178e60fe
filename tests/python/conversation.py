"""A worker process spoken to as the agent does, over FRUGAL_FDS; what it prints is kept apart."""

import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


class Conversation:
    """`say` sends one request and returns its answer; the events before it are in `events`."""

    def __init__(self, script, *arguments):
        to_read, self._to = os.pipe()
        self._from, to_write = os.pipe()
        self._log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [sys.executable, "-B", os.path.join(HERE, "workers", script), *arguments], stdin=subprocess.DEVNULL,
            stdout=self._log, stderr=subprocess.STDOUT, pass_fds=(to_read, to_write),
            env={**os.environ, "FRUGAL_FDS": f"{to_read},{to_write}", "CUDA_VISIBLE_DEVICES": ""})
        os.close(to_read)
        os.close(to_write)
        self._lines = os.fdopen(self._from, encoding="utf-8")
        self.events = []

    def say(self, op, **fields):
        return self.say_line(json.dumps({"op": op, **fields}))

    def say_line(self, line):
        os.write(self._to, line.encode() + b"\n")
        self.events = []
        for line in self._lines:
            message = json.loads(line)
            if "event" not in message:
                return message
            self.events.append(message)
        raise EOFError("the worker is gone: " + self.log())

    def epochs(self):
        return [event for event in self.events if event["event"] == "epoch"]

    def edges(self):
        return [(event["name"], event["edge"]) for event in self.events if event["event"] == "phase"]

    def log(self):
        self._log.seek(0)
        return self._log.read().decode()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self._to)
        self._lines.close()
        try:
            self.process.wait(20)
        finally:
            self.process.kill()
            self.process.wait()
        self._log.close()
