#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts a microscope on the network for Helmscope: one file, standard library only (Python 3.8).

Copy it to the computer that runs your microscope, fill in the class Microscope with calls of
your vendor's API, and start it there:

    python3 helmscope_bridge.py --port 7117

As it stands it serves a small make-believe sample, so that you can see it work first:

    helmscope-cli conform localhost:7117
    helmscope --instrument localhost:7117

The protocol is described in core/instrument/PROTOCOL.md of Helmscope's sources. The lease, the
limits (also of the stage) and the blanking of the beam are done below, and hold whatever your part
does. It listens on this computer only; from another one use a tunnel:
ssh -L 7117:localhost:7117 microscope-pc
"""
import argparse
import array
import hashlib
import json
import math
import secrets
import socketserver
import sys
import threading
import time


class Stopped(Exception):
    """An exposure, or a move of the stage, that was cut short."""


class Microscope:
    """Your part. All calls but stop() come one at a time; y and x are fractions of the field
    from its top left corner, times are in seconds, lengths in metres."""

    name = "Make-believe sample"
    rows, cols = 32, 32             # grid of places a spectrum can be taken at
    pixel_m = 2e-9                  # of the survey image
    energies = [0.1 + 0.01 * i for i in range(128)]  # eV; [] where it answers single values
    min_dwell_s, max_dwell_s = 1e-4, 10.0
    current_a = 50e-12              # of the probe; 0 when unknown
    # How far the stage may go, along the axes it has of x_m, y_m, z_m, alpha_deg and beta_deg;
    # {} where it is not to be moved from here.
    stage_limits = {"x_m": (-60e-9, 60e-9), "y_m": (-60e-9, 60e-9), "alpha_deg": (-10.0, 10.0)}

    def __init__(self):
        self._stop = threading.Event()
        self._stage = {axis: 0.0 for axis in self.stage_limits}  # yours knows it itself

    def stage(self):
        """Where the stage is, by the axes of stage_limits, in metres and degrees. Mind the signs:
        a larger x_m moves the sample to the right and a larger y_m moves it down, as the survey
        image shows it. Try which way yours goes before you trust a dose."""
        return dict(self._stage)

    def move_stage(self, target):
        """Goes to the positions named in target, like {"x_m": 2e-9}, and leaves the other axes
        where they are. They are absolute and within stage_limits, and the beam is blanked. Comes
        back when the stage has settled. Raises Stopped when stop() came."""
        speeds = {"x_m": 100e-9, "y_m": 100e-9, "alpha_deg": 10.0}  # in a second
        for axis, goal in target.items():
            while self._stage[axis] != goal:
                if self._stop.wait(0.01):
                    raise Stopped()
                step, way = 0.01 * speeds[axis], goal - self._stage[axis]
                self._stage[axis] = goal if abs(way) <= step else \
                    self._stage[axis] + math.copysign(step, way)

    def image(self):
        """The survey image: rows * cols numbers, row by row."""
        right, down = (self._stage[axis] / self.pixel_m for axis in ("x_m", "y_m"))
        return [1.0 + math.sin(0.5 * (r - down)) * math.cos(0.4 * (c - right))
                for r in range(self.rows) for c in range(self.cols)]

    def spectrum(self, y, x, dwell_s):
        """Puts the beam there, waits, reads the spectrometer. Raises Stopped when stop() came."""
        if self._stop.wait(dwell_s):
            raise Stopped()
        y -= self._stage["y_m"] / (self.rows * self.pixel_m)  # what the stage brought there
        centre = 0.3 + 0.6 * y
        return [100.0 * math.exp(-((e - centre) / 0.05) ** 2) * (1 + x) for e in self.energies]

    def blank(self, blanked):
        """Takes the beam off the sample, or puts it back."""

    def stop(self):
        """Ends image(), spectrum() or move_stage() at once; called from another thread."""
        self._stop.set()

    def allow(self):
        """Called before the next exposure or move after a stop()."""
        self._stop.clear()


class Refused(Exception):
    def __init__(self, code, sentence):
        super().__init__(sentence)
        self.code = code


PARAMETERS, NO_METHOD, TOKEN, HELD, NO_LEASE = -32602, -32601, -32001, -32010, -32011
LIMIT, ABORTED, BUSY, INSTRUMENT = -32012, -32013, -32014, -32015
METHODS = ["hello", "capabilities", "calibration.get", "state", "lease.acquire", "lease.renew",
           "lease.release", "scan.image", "scan.abort", "beam.blank", "spectrum.acquire"]


class Instrument:
    """What the protocol asks for around a Microscope: the lease, the beam, the limits."""

    def __init__(self, microscope, token=""):
        self.m = microscope
        self.token = token
        self.lock = threading.RLock()     # of everything below
        self.exposing = threading.Lock()  # one exposure, or move of the stage, at a time
        self.moving = False
        self.place = microscope.stage() if microscope.stage_limits else {}
        self.lease, self.owner, self.until, self.ttl = "", "", 0.0, 5.0
        self.aborted = ""                 # the lease that an abort ended
        self.users = set()                # connections that used the lease
        self.beam_on = self.held_open = False
        self.cut_short = 0                # code of why; 0: it was not
        self.exposures = 0
        self.answers = {}                 # the last ones by key, for who lost them
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self):
        while True:
            time.sleep(0.02)
            with self.lock:
                if self.lease and time.monotonic() >= self.until:
                    self._end_lease()
                    self._halt(NO_LEASE)

    def _end_lease(self):
        self.lease, self.owner = "", ""
        self.users.clear()

    def _halt(self, why):
        """Ends the exposure or the move that is going on, and blanks."""
        self.held_open = False
        if self.exposing.locked():
            self.cut_short = self.cut_short or why
            self.m.stop()
        self._blank(True)

    def _blank(self, blanked):
        if self.beam_on == blanked:
            self.m.blank(blanked)
            self.beam_on = not blanked

    def lost(self, connection):
        with self.lock:
            if connection in self.users:
                self.users.discard(connection)
                self._halt(NO_LEASE)

    def _check(self, connection, params):
        lease = params.get("lease", "")
        if self.lease and lease == self.lease and time.monotonic() < self.until:
            self.users.add(connection)
            return
        if lease and lease == self.aborted:
            raise Refused(ABORTED, "It was aborted: a person has to allow it again.")
        raise Refused(NO_LEASE, "Nothing moves without a lease that holds.")

    def state(self):
        return {"beam": "on" if self.beam_on else "blanked", "lease_owner": self.owner,
                "is_busy": self.exposing.locked(), "exposures": self.exposures}

    def answer(self, connection, method, params):
        """The result, and the bytes of an array or None."""
        if method in ("scan.image", "spectrum.acquire"):
            return self._expose(connection, method, params)
        if method == "stage.move" and self.m.stage_limits:
            return self._move(connection, params), None
        with self.lock:
            return self._answer(connection, method, params), None

    def _answer(self, connection, method, params):
        m = self.m
        if method == "hello":
            if self.token and not secrets.compare_digest(
                    str(params.get("token", "")).encode(), self.token.encode()):
                raise Refused(TOKEN, "This instrument asks for a token.")
            connection.welcome = True
            return {"protocol": 1, "server": "Helmscope bridge", "name": m.name}
        if method == "capabilities":
            moving = ["stage.get", "stage.move"] if m.stage_limits else []
            return {"name": m.name, "methods": METHODS + moving,
                    "answers": "spectra" if m.energies else "values",
                    "limits": {"rows": m.rows, "cols": m.cols, "min_dwell_s": m.min_dwell_s,
                               "max_dwell_s": m.max_dwell_s, "current_a": m.current_a}}
        if method == "calibration.get":
            return {"title": m.name, "image_quantity": "counts", "image_ratio": 1,
                    "image_pixel_m": m.pixel_m,
                    "energy": {"name": "Energy loss", "unit": "eV", "values": m.energies}}
        if method == "state":
            return self.state()
        if method == "stage.get" and m.stage_limits:
            if not self.exposing.locked():  # else it is your part's turn already
                self.place = m.stage()
            return self._stage()
        if method == "lease.acquire":
            if self.lease:
                raise Refused(HELD, "The instrument is leased to '%s'." % self.owner)
            self.owner = str(params.get("owner", ""))[:100]
            if not self.owner:
                raise Refused(PARAMETERS, "A lease needs the name of its 'owner'.")
            self.ttl = min(max(float(params.get("ttl_s", 5)), 0.5), 300)
            self.lease, self.until = secrets.token_hex(16), time.monotonic() + self.ttl
            self.users = {connection}
            return {"lease": self.lease, "owner": self.owner, "ttl_s": self.ttl}
        if method == "lease.renew":
            self._check(connection, params)
            self.until = time.monotonic() + self.ttl
            return dict(self.state(), ttl_s=self.ttl)
        if method == "lease.release":
            self._check(connection, params)
            self._end_lease()
            self._halt(NO_LEASE)
            return self.state()
        if method == "scan.abort":  # from anybody: it can only make things safer
            self.aborted = self.lease or self.aborted
            self._end_lease()
            self._halt(ABORTED)
            return self.state()
        if method == "beam.blank":
            if params.get("blanked") is not True:
                self._check(connection, params)
                if self.moving:
                    raise Refused(BUSY, "The stage moves: the beam stays blanked.")
                self.held_open = True
                self._blank(False)
            else:
                self._halt(ABORTED)
            return self.state()
        raise Refused(NO_METHOD, "There is no method '%s'." % str(method)[:64])

    def _stage(self):
        limits = self.m.stage_limits
        return dict({axis: float(self.place[axis]) for axis in limits},
                    limits={axis: list(limits[axis]) for axis in limits})

    def _target(self, params):
        """Where the stage is asked to go, all of it allowed."""
        axes = ("x_m", "y_m", "z_m", "alpha_deg", "beta_deg")
        target = {axis: params[axis] for axis in axes if axis in params}
        if not target:
            raise Refused(PARAMETERS, "'stage.move' names where to: one of %s." % ", ".join(axes))
        for axis, goal in target.items():
            if isinstance(goal, bool) or not isinstance(goal, (int, float)):
                raise Refused(PARAMETERS, "'%s' is no number." % axis)
            if axis not in self.m.stage_limits:
                raise Refused(LIMIT, "The stage cannot be moved along %s." % axis)
            low, high = self.m.stage_limits[axis]
            if not low <= goal <= high:  # also what is not a number
                raise Refused(LIMIT, "The stage goes from %s = %g to %g, not to %g."
                              % (axis, low, high, goal))
        return {axis: float(goal) for axis, goal in target.items()}

    def _move(self, connection, params):
        m = self.m
        with self.lock:
            self._check(connection, params)
            target = self._target(params)
            if not self.exposing.acquire(blocking=False):
                raise Refused(BUSY, "An exposure or another move is going on.")
            try:
                self.cut_short = 0
                m.allow()
                self.held_open = False  # whoever held it open: it does not draw across the sample
                self._blank(True)
            except BaseException:
                self.exposing.release()
                raise
            self.moving = True
        failure = None
        try:
            m.move_stage(target)
        except Stopped:
            failure = "The stage was stopped."
        except Exception as error:
            failure = str(error) or "The stage failed."
        with self.lock:
            try:
                self.place = m.stage()  # wherever it came to
            except Exception as error:
                failure = failure or str(error)
            self.moving = False
            self.exposing.release()
            if self.cut_short:
                raise Refused(self.cut_short, "The move of the stage was cut short.")
            if failure is not None:
                raise Refused(INSTRUMENT, failure)
            return self._stage()

    def _expose(self, connection, method, params):
        m = self.m
        with self.lock:
            self._check(connection, params)
            key = str(params.get("key", ""))[:64]
            if key and key in self.answers:
                return self.answers[key]
            dwell = float(params.get("dwell_s", m.min_dwell_s))
            y, x = float(params.get("y_frac", 0.5)), float(params.get("x_frac", 0.5))
            if not (0 <= y < 1 and 0 <= x < 1):
                raise Refused(PARAMETERS, "y_frac and x_frac go from 0 to below 1.")
            if method == "spectrum.acquire" and not m.min_dwell_s <= dwell <= m.max_dwell_s:
                raise Refused(LIMIT, "A dwell lasts from %g s to %g s, not %g s."
                              % (m.min_dwell_s, m.max_dwell_s, dwell))
            if not self.exposing.acquire(blocking=False):
                raise Refused(BUSY, "Another exposure is going on.")
            self.cut_short = 0
            m.allow()
            self._blank(False)
        failure, numbers = None, []
        try:
            numbers = m.image() if method == "scan.image" else m.spectrum(y, x, dwell)
        except Stopped:
            pass
        except Exception as error:  # whatever the vendor's API raises is told, not died of
            failure = str(error)
        with self.lock:
            self.exposing.release()
            if not self.held_open:
                self._blank(True)
            if self.cut_short and not len(numbers):
                raise Refused(self.cut_short, "The exposure was cut short.")
            if failure is not None or not len(numbers):
                raise Refused(INSTRUMENT, failure or "The instrument gave no numbers.")
            data = array.array("f", numbers)
            if sys.byteorder == "big":
                data.byteswap()
            data = data.tobytes()
            shape = [m.rows, m.cols] if method == "scan.image" else [len(numbers)]
            result = {"dtype": "float32", "shape": shape, "order": "C", "units": "counts",
                      "sha256": hashlib.sha256(data).hexdigest(), "key": key}
            if method == "spectrum.acquire":
                result.update(dwell_s=dwell, y_frac=y, x_frac=x)
                self.exposures += 1
            if key:
                self.answers[key] = (result, data)
                while len(self.answers) > 64:
                    del self.answers[next(iter(self.answers))]
            return result, data


class Connection(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self):
        self.welcome = False
        instrument = self.server.instrument
        try:
            while True:
                payload = self._read()
                if payload is None:
                    return
                self._reply(instrument, payload)
        except (OSError, ValueError):
            pass
        finally:
            instrument.lost(self)

    def _read(self):
        length = b""
        while True:
            byte = self.rfile.read(1)
            if not byte:
                return None
            if byte == b":":
                break
            length += byte
            if not length.isdigit() or len(length) > 7:
                raise ValueError("no netstring")
        payload = self.rfile.read(int(length))
        if self.rfile.read(1) != b",":
            raise ValueError("no netstring")
        return payload

    def _write(self, *payloads):
        self.wfile.write(b"".join(b"%d:%s," % (len(p), p) for p in payloads))

    def _reply(self, instrument, payload):
        number = None
        try:
            try:
                request = json.loads(payload)
                number = request.get("id")
                method, params = request["method"], request.get("params", {})
                if not isinstance(params, dict):
                    raise Refused(PARAMETERS, "Parameters go by name.")
            except (ValueError, KeyError, AttributeError, RecursionError):
                raise Refused(-32600, "This is no request of JSON-RPC 2.0.")
            if not self.welcome and method != "hello":
                raise Refused(TOKEN, "Say hello first.")
            try:
                result, data = instrument.answer(self, method, params)
            except (TypeError, ValueError) as error:
                raise Refused(PARAMETERS, str(error))
        except Refused as refused:
            message = {"jsonrpc": "2.0", "id": number,
                       "error": {"code": refused.code, "message": str(refused)}}
            self._write(json.dumps(message).encode())
            return
        if number is None:
            return
        message = json.dumps({"jsonrpc": "2.0", "id": number, "result": result}).encode()
        self._write(message) if data is None else self._write(message, data)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def main():
    parser = argparse.ArgumentParser(description="A microscope on the network, for Helmscope.")
    parser.add_argument("--port", type=int, default=7117, help="0: any free one")
    parser.add_argument("--token-file", help="a token of 16 characters or more that clients show")
    options = parser.parse_args()
    token = ""
    if options.token_file:
        with open(options.token_file, encoding="utf-8") as file:
            token = file.read().strip()
    with Server(("127.0.0.1", options.port), Connection) as server:
        server.instrument = Instrument(Microscope(), token)
        print("%s at 127.0.0.1:%d" % (Microscope.name, server.server_address[1]), flush=True)
        try:
            server.serve_forever(poll_interval=0.1)
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
