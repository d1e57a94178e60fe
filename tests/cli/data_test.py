"""`frugal data get` against servers on this machine: what no text case can say (a server, a signal, a limit)."""

import functools
import gzip
import hashlib
import http.server
import io
import os
import resource
import shutil
import signal
import ssl
import subprocess
import tempfile
import threading
import time
import unittest
import zipfile

FRUGAL = os.environ["FRUGAL_COMMAND"]
DIGITS = os.path.join(os.environ["FRUGAL_DATA"], "digits.csv.gz")
ARCHIVE = "optical+recognition+of+handwritten+digits.zip"


def tree(folder):
    return sorted(os.path.relpath(os.path.join(at, name), folder) for at, folders, files in os.walk(folder) for name in folders + files)


def digits_archive():
    """A zip as UCI offers it; stored, with something large before, so that it can be broken off in the middle."""
    with gzip.open(DIGITS) as file:
        rows = file.read()
    bytes_out = io.BytesIO()
    with zipfile.ZipFile(bytes_out, "w") as archive:
        archive.writestr("optdigits.orig", bytes(3_000_000))
        archive.writestr("optdigits.tes", rows)
    return bytes_out.getvalue()


class Handler(http.server.BaseHTTPRequestHandler):
    """Knows ranges and If-Range. `pace` bytes at a time, with pauses, when set; `asked` are the first bytes asked for."""

    def __init__(self, *arguments, content=b"", pace=0, asked=None):
        self.content, self.pace, self.asked = content, pace, asked
        super().__init__(*arguments)

    def do_GET(self):
        first = 0
        if self.headers.get("If-Range") == '"one"':
            first = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        if self.asked is not None:
            self.asked.append(first)
        if not self.path.endswith("/" + ARCHIVE):
            self.send_error(404)
            return
        self.send_response(206 if first else 200)
        if first:
            self.send_header("Content-Range", f"bytes {first}-{len(self.content) - 1}/{len(self.content)}")
        self.send_header("ETag", '"one"')
        self.send_header("Content-Length", str(len(self.content) - first))
        self.end_headers()
        rest = self.content[first:]
        try:
            while rest:
                piece, rest = (rest, b"") if not self.pace else (rest[:self.pace], rest[self.pace:])
                self.wfile.write(piece)
                if self.pace:
                    time.sleep(0.02)
        except OSError:
            pass

    def log_message(self, *arguments):
        pass


class Server:
    def __init__(self, wrap=None, **settings):
        self.asked = []
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, asked=self.asked, **settings))
        if wrap:
            self.server.socket = wrap(self.server.socket)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.server.shutdown()
        self.server.server_close()


class Data(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="frugal-data-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.archive = digits_archive()

    def start(self, *words, environment=None, **settings):
        clean = {"PATH": os.environ["PATH"], "HOME": self.folder, "LC_ALL": "C.UTF-8", **(environment or {})}
        return subprocess.Popen([FRUGAL, "data", *words], cwd=self.folder, env=clean, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, **settings)

    def get(self, server, *words, scheme="http", **settings):
        process = self.start("get", "digits", "--mirror", f"{scheme}://127.0.0.1:{server.port}/sets", *words, **settings)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def assert_digits(self):
        self.assertEqual(tree(self.folder), ["data", "data/digits.csv.gz"])
        with gzip.open(os.path.join(self.folder, "data/digits.csv.gz")) as ours, gzip.open(DIGITS) as theirs:
            self.assertEqual(hashlib.sha256(ours.read()).digest(), hashlib.sha256(theirs.read()).digest())

    def test_it_is_fetched_and_said_line_by_line(self):
        with Server(content=self.archive) as server:
            code, out, err = self.get(server)
        self.assertEqual(code, 0, err)
        self.assertIn("digits is there in data/digits.csv.gz (recognised by checksum and structure)\n", out)
        self.assertEqual(err, f"from http://127.0.0.1:{server.port}/sets/{ARCHIVE}, 3.3 MB\nunpacking {ARCHIVE}\nverifying digits\n")
        self.assert_digits()

    def test_quiet(self):
        with Server(content=self.archive) as server:
            code, _, err = self.get(server, "--quiet")
        self.assertEqual((code, err), (0, ""))

    def test_not_found_names_address_and_status_and_what_to_do(self):
        with Server(content=self.archive) as server:
            process = self.start("get", "household", "--mirror", f"http://127.0.0.1:{server.port}/sets", "--quiet")
            _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1)
        self.assertIn(f"http://127.0.0.1:{server.port}/sets/individual+household+electric+power+consumption.zip: the server answered 404 Not Found", err)
        self.assertIn("frugal data get household --data-dir data --from FILE", err)
        self.assertEqual(tree(self.folder), [])

    def test_wrong_bytes_leave_nothing(self):
        with Server(content=self.archive.replace(b"0,0,5,13,9,1,0,0", b"0,0,5,13,9,1,0,1", 1)) as server:
            code, _, err = self.get(server, "--quiet")
        self.assertEqual(code, 2)
        self.assertTrue(err.startswith("frugal: error: "), err)
        self.assertEqual(tree(self.folder), [])

    def test_interrupted_it_keeps_what_came_and_goes_on(self):
        with Server(content=self.archive, pace=50_000) as server:
            process = self.start("get", "digits", "--mirror", f"http://127.0.0.1:{server.port}", "--quiet")
            part = os.path.join(self.folder, "data/.fetch-digits", ARCHIVE + ".part")
            deadline = time.monotonic() + 30
            while not (os.path.exists(part) and os.path.getsize(part) > 200_000) and time.monotonic() < deadline:
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=30)
            self.assertEqual(process.returncode, 130, err)
            self.assertRegex(err, r"^frugal: interrupted; .* of it are kept\n  try: go on with the same command\n$")
            had = os.path.getsize(part)
            process = self.start("get", "digits", "--mirror", f"http://127.0.0.1:{server.port}", "--quiet")
            _, err = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 0, err)
            self.assertEqual(server.asked, [0, had])
        self.assert_digits()

    def test_killed_it_goes_on(self):
        with Server(content=self.archive, pace=50_000) as server:
            process = self.start("get", "digits", "--mirror", f"http://127.0.0.1:{server.port}", "--quiet")
            part = os.path.join(self.folder, "data/.fetch-digits", ARCHIVE + ".part")
            deadline = time.monotonic() + 30
            while not (os.path.exists(part) and os.path.getsize(part) > 200_000) and time.monotonic() < deadline:
                time.sleep(0.01)
            process.kill()
            process.communicate(timeout=30)
            had = os.path.getsize(part)
            process = self.start("get", "digits", "--mirror", f"http://127.0.0.1:{server.port}", "--quiet")
            _, err = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 0, err)
            self.assertEqual(server.asked, [0, had])
        self.assert_digits()

    def test_a_disk_that_is_full(self):
        """A limit on the size of files stands for it: the write fails in the middle."""
        with Server(content=self.archive) as server:
            code, _, err = self.get(server, "--quiet", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000)))
            self.assertEqual(code, 2)
            self.assertIn("cannot be written: File too large; 1.0 MB of it are kept", err)
            self.assertIn("make room", err)
            code, _, err = self.get(server, "--quiet")
            self.assertEqual(code, 0, err)
            self.assertEqual(server.asked, [0, 1_000_000])
        self.assert_digits()

    def test_two_at_a_time(self):
        with Server(content=self.archive, pace=50_000) as server:
            first = self.start("get", "digits", "--mirror", f"http://127.0.0.1:{server.port}", "--quiet")
            lock = os.path.join(self.folder, "data/.fetch-digits", ARCHIVE + ".part")
            while not os.path.exists(lock) and first.poll() is None:
                time.sleep(0.01)
            code, _, err = self.get(server, "--quiet")
            self.assertEqual(code, 1)
            self.assertIn("another frugal fetches digits into 'data' just now", err)
            first.communicate(timeout=60)
            self.assertEqual(first.returncode, 0)
        self.assert_digits()

    def test_a_proxy_of_the_environment(self):
        with Server(content=self.archive) as proxy:
            process = self.start("get", "digits", "--mirror", "http://far.example/sets", "--quiet", environment={"http_proxy": f"http://127.0.0.1:{proxy.port}"})
            _, err = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 0, err)
        self.assert_digits()

    def test_https_with_a_certificate_that_is_trusted_and_one_that_is_not(self):
        names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
        key, certificate = os.path.join(self.folder, "key"), os.path.join(self.folder, "certificate")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", certificate, *names],
                       check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        with Server(content=self.archive, wrap=lambda plain: context.wrap_socket(plain, server_side=True)) as server:
            code, _, err = self.get(server, "--quiet", scheme="https")
            self.assertEqual(code, 1, err)
            self.assertIn("its certificate cannot be verified", err)
            code, _, err = self.get(server, "--quiet", scheme="https", environment={"SSL_CERT_FILE": certificate})
            self.assertEqual(code, 0, err)
        os.remove(key)
        os.remove(certificate)
        self.assert_digits()

    def test_only_the_verb_loads_what_it_needs(self):
        libraries = subprocess.run(["ldd", FRUGAL], capture_output=True, text=True, check=True).stdout
        for word in ("libssl", "libcrypto", "libarchive", "httplib"):
            self.assertNotIn(word, libraries)


if __name__ == "__main__":
    unittest.main()
