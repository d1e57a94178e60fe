"""The worker's end of the worker protocol, version 1 (docs/protocol.md): lines of JSON, and what can go wrong.

It speaks on the descriptors of FRUGAL_FDS, else on standard input and output; what a training prints then goes to
standard error, so that it disturbs nothing. Forked processes (data loaders) do not keep the descriptors open.
"""

import json
import math
import os
import sys
import traceback

VERSION = 1
KINDS = ("diverged", "out_of_memory", "invalid", "unsupported", "internal")


class TrialError(Exception):
    """Ends the trial at hand, never the study. `kind` is one of KINDS."""

    def __init__(self, kind, message):
        if kind not in KINDS:
            raise ValueError(f"unknown kind of trouble '{kind}' (known: {', '.join(KINDS)})")
        super().__init__(message)
        self.kind = kind


class Diverged(TrialError):
    """The training has run away: its loss is not finite, or you say so."""

    def __init__(self, message="the training diverged"):
        super().__init__("diverged", message)


class Channel:
    """Requests in, messages out. Not for several threads."""

    def __init__(self, read_fd, write_fd):
        self._reader = os.fdopen(read_fd, "r", encoding="utf-8", errors="replace", closefd=False)
        self._writer = os.fdopen(write_fd, "w", encoding="utf-8", closefd=False)
        os.register_at_fork(after_in_child=lambda: _close(read_fd, write_fd))

    @classmethod
    def of_environment(cls):
        fds = os.environ.get("FRUGAL_FDS")
        if fds is not None:
            read_fd, write_fd = (int(word) for word in fds.split(","))
            return cls(read_fd, write_fd)
        sys.stdout.flush()
        read_fd, write_fd = os.dup(0), os.dup(1)
        os.dup2(2, 1)
        return cls(read_fd, write_fd)

    def requests(self):
        """Every line until the end of input, parsed; None for a line that is no JSON object."""
        for line in self._reader:
            try:
                request = json.loads(line)
            except ValueError:
                request = None
            yield request if isinstance(request, dict) else None

    def say(self, **message):
        self._writer.write(json.dumps(_finite(message), allow_nan=False, default=_plain) + "\n")
        self._writer.flush()


def error_answer(error):
    """The answer to a request that `error` ended. The traceback goes to standard error: the log of the worker."""
    if isinstance(error, TrialError):
        return {"ok": False, "error": error.kind, "message": str(error)}
    traceback.print_exception(type(error), error, error.__traceback__)
    sys.stderr.flush()
    if isinstance(error, SystemExit):
        return {"ok": False, "error": "internal", "message": f"the training called exit({error.code!r}){_place(error)}"}
    said = str(error) or "(no message)"
    kind = "out_of_memory" if _is_out_of_memory(error, said) else "internal"
    return {"ok": False, "error": kind, "message": f"{type(error).__name__}: {said}{_place(error)}"}


def _is_out_of_memory(error, said):
    # PyTorch says it with a class of its own on CUDA, and with a plain RuntimeError on the CPU.
    said = said.lower()
    return (isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"
            or isinstance(error, RuntimeError) and ("out of memory" in said or "can't allocate memory" in said
                                                    or "not enough memory" in said))


def _place(error):
    """Where it happened, the user's own line where there is one: not a library's."""
    own = os.path.dirname(os.path.abspath(__file__))
    frames = [frame for frame in traceback.extract_tb(error.__traceback__)
              if os.path.dirname(os.path.abspath(frame.filename)) != own]
    if not frames:
        return ""
    users = [frame for frame in frames if "site-packages" not in frame.filename and "dist-packages" not in frame.filename
             and not frame.filename.startswith((sys.base_prefix + "/lib", "/usr/lib", "<"))]
    frame = (users or frames)[-1]
    return f" ({os.path.basename(frame.filename)}, line {frame.lineno}, in {frame.name})"


def _finite(value):
    # Numbers that are not finite travel as null.
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _finite(held) for key, held in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(held) for held in value]
    return value


def _plain(value):
    # Numbers of NumPy and the like.
    return value.item() if hasattr(value, "item") else str(value)


def _close(*fds):
    for fd in fds:
        try:
            os.close(fd)
        except OSError:
            pass
