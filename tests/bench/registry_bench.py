#!/usr/bin/env python3
"""The registry beside nginx on the same machine, and its publish rate.

usage: registry_bench.py [--build build/release] [--rounds 5] [--seconds 3] [--publishes 200] [--json FILE]

GETs: wrk with 2 threads and 64 connections, rounds interleaved, medians; the same bytes from nginx
with sendfile and open_file_cache. Publishes: verified and durable, 100 KB of files that halve,
one connection and eight, beside publish_raw.c (the physical limit: the same bytes hashed, on the disk, and one row committed, with
nothing checked) and what a sync costs on that disk at the time. Also: time until ready, and the server's memory. Prints Markdown.
"""
import argparse
import atexit
import contextlib
import json
import os
import pathlib
import random
import re
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT))

from tests.support import api, packs  # noqa: E402
from tests.support import registry as servers  # noqa: E402

BLOB_BYTES = 102_400
NGINX = """
worker_processes 2; pid {root}/nginx.pid; error_log {root}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_requests 100000000;
  open_file_cache max=1000 inactive=60s; open_file_cache_valid 60s;
  client_body_temp_path {root}/body; proxy_temp_path {root}/proxy; fastcgi_temp_path {root}/fastcgi;
  uwsgi_temp_path {root}/uwsgi; scgi_temp_path {root}/scgi; types {{ application/json json; }}
  server {{ listen 127.0.0.1:{port} reuseport; root {root}/html; }}
}}
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Nginx:
    def __init__(self, folder, files):
        self.folder, port = folder, free_port()
        (folder / "html").mkdir(parents=True)
        for name, data in files.items():
            (folder / "html" / name).write_bytes(data)
        os.chmod(folder, 0o755)
        (folder / "nginx.conf").write_text(NGINX.format(root=folder, port=port))
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(["nginx", "-p", folder, "-c", folder / "nginx.conf", "-g", "daemon off;"],
                                        stderr=subprocess.DEVNULL)
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                return
            except OSError:
                assert self.process.poll() is None, "nginx did not start"

    def stop(self):
        self.process.terminate()
        self.process.wait()


def wrk(url, seconds):
    text = subprocess.run(["wrk", "-t2", "-c64", f"-d{seconds}s", "--latency", url], capture_output=True, text=True,
                          check=True).stdout
    assert "Non-2xx" not in text and "Socket errors" not in text, text
    return float(re.search(r"Requests/sec:\s*([\d.]+)", text).group(1)), re.search(r"99%\s+(\S+)", text).group(1)


def memory_mib(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", text).group(1)) / 1024


def pack_of(name, version, size, seed):
    files = packs.pack_files(name, version)
    document = json.loads(files["package.json"])
    document["artifacts"].append({"type": "instruction", "path": "data/blob.md"})
    files["package.json"] = json.dumps(document).encode()
    rest = size - sum(map(len, files.values()))
    files["data/blob.md"] = random.Random(seed).randbytes(rest * 3 // 4 + 3).hex().encode()[:rest]
    return files


def archives_of(world, name, count):
    """Packs of 100 KB as archives, made by another registry, so that the one that is measured has seen none of it."""
    owner, organisation, key = world.publisher()
    for i in range(count):
        version = f"1.0.{i}"
        files = pack_of(name, version, BLOB_BYTES, f"{name} {version}")
        assert owner.publish(organisation, files, key, name=name, version=version).status_code == 201
        base = f"/packages/{organisation}/{name}/versions/{version}"
        tar = owner.get(f"{base}/pull").json()["archive"]["tar_digest"].removeprefix("sha256:")
        yield files, version, owner.get(f"{base}/archive").content, tar


class Publisher:
    """One keep-alive connection; what it sends is made beforehand, to the last byte, so that the registry is measured."""

    def __init__(self, base, authorization, path):
        parts = urllib.parse.urlsplit(base)
        self.host, self.token, self.path = parts.netloc, authorization, path
        self.link = socket.create_connection((parts.hostname, parts.port), timeout=60)
        self.link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def request(self, form):
        kind, body = form
        return (f"POST {self.path} HTTP/1.1\r\nHost: {self.host}\r\nAuthorization: {self.token}\r\nContent-Type: {kind}\r\n"
                f"Content-Length: {len(body)}\r\n\r\n").encode() + body

    def publish(self, request):
        self.link.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer or len(answer.partition(b"\r\n\r\n")[2]) < self.length(answer):
            answer += self.link.recv(65536)
        assert answer.startswith(b"HTTP/1.1 201 "), answer

    @staticmethod
    def length(answer):
        return int(re.search(rb"\r\nContent-Length: (\d+)\r\n", answer, re.IGNORECASE).group(1))


@contextlib.contextmanager
def another_registry():
    """Its files stay until the end: where many were deleted, an ext4 without a journal makes new ones slowly for minutes."""
    folder = servers.make_folder()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with servers.Registry.start(folder / "data") as server:
        yield api.World(server.url, "admin", server.password)


def archive_forms(owner_organisation_key, name, count):
    """Archives with a signed statement about them, as the client sends them."""
    _, organisation, key = owner_organisation_key
    with another_registry() as maker:
        made = list(archives_of(maker, name, count))
    for files, version, archive, tar in made:
        statement = packs.pack_statement((organisation, name, version), files, packs.sha256(archive), tar)
        bundle = packs.bundle_of(statement, key)
        yield servers.multipart([("version", None, version.encode()), ("bundle", "bundle.json", bundle),
                                 ("archive", "pack.tar.zst", archive)])


def file_forms(owner_organisation_key, name, count):
    """The original's form: one part for each file, of which the registry makes the archive."""
    for i in range(count):
        files = pack_of(name, f"1.0.{i}", BLOB_BYTES, f"{name} {i}")
        parts = [("version", None, f"1.0.{i}".encode()),
                 ("bundle", ".nono-trust.bundle", packs.multi_file_bundle(files, owner_organisation_key[2]))]
        yield servers.multipart(parts + [("artifact", path, data) for path, data in files.items()])


def publish_rate(world, limit, forms, count, clients):
    """Verified and durable, versions of one pack of a new organisation; every blob is new. Then the same bytes to the limit."""
    who = world.publisher()
    name = f"{forms.__name__.replace('_', '-')}-{clients}"
    jobs = list(forms(who, name, count + 1))
    path = f"/api/v1/packages/{who[1]}/{name}/versions"
    tokens = [who[0].token("publish", name=f"{name}-{i}").http.headers["Authorization"] for i in range(clients)]
    publishers = [Publisher(world.base, token, path) for token in tokens]
    publishers[0].publish(publishers[0].request(jobs.pop()))  # makes the package
    row = send_all(publishers, jobs)
    raw = send_all([Publisher(limit, "none", "/") for _ in range(clients)], jobs)
    return {**row, "limit_rate": raw["rate"]}


def send_all(publishers, jobs):
    shares = [[publisher.request(job) for job in jobs[i::len(publishers)]] for i, publisher in enumerate(publishers)]
    took, failed = [], []

    def work(publisher, share):
        try:
            for request in share:
                began = time.monotonic()
                publisher.publish(request)
                took.append(time.monotonic() - began)
        except (AssertionError, OSError) as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=pair) for pair in zip(publishers, shares)]
    before, began = processor_ms(), time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed, after = time.monotonic() - began, processor_ms()
    assert not failed, failed[0]
    return {"rate": len(took) / elapsed, "p50_ms": statistics.median(took) * 1000,
            "processor_ms": {name: (after[name] - before[name]) / len(took) for name in after}}


@contextlib.contextmanager
def physical_limit(folder):
    """publish_raw.c, with a table of its own in the registry's PostgreSQL and a folder on the same disk."""
    program, blobs = folder / "publish_raw", folder / "raw"
    blobs.mkdir()
    subprocess.run(["gcc", "-O2", "-D_GNU_SOURCE", "-I/usr/include/postgresql", "-o", program, HERE / "publish_raw.c",
                    "-lmicrohttpd", "-lpq", "-lcrypto"], check=True)
    database = f"host='{next((folder / 'data').rglob('.s.PGSQL.5432')).parent}' user=nono dbname=nono"
    subprocess.run(["psql", "-q", database, "-c", "CREATE TABLE publish_raw (digest text PRIMARY KEY, made timestamptz DEFAULT now())"],
                   check=True)
    with subprocess.Popen([program, database, blobs], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        server.stdin.close()


def processor_ms():
    """What the registry and PostgreSQL have used so far, all threads and processes."""
    used = {"nono-registry": 0.0, "postgres": 0.0}
    for stat in pathlib.Path("/proc").glob("[0-9]*/task/[0-9]*/schedstat"):
        try:
            name = (stat.parents[2] / "comm").read_text().strip()
            if name in used:
                used[name] += int(stat.read_text().split()[0]) / 1e6
        except OSError:
            pass  # has ended meanwhile
    return used


def fsync_ms(folder):
    times = []
    with open(folder / "probe", "wb") as probe:
        for _ in range(100):
            began = time.monotonic()
            probe.write(b"x" * 8192)
            probe.flush()
            os.fdatasync(probe.fileno())
            times.append(time.monotonic() - began)
    return statistics.median(times) * 1000


def measure_reads(targets, rounds, seconds):
    results = {name: [] for name in targets}
    for _ in range(rounds):
        for name, url in targets.items():
            results[name].append(wrk(url, seconds))
    return {name: {"rate": statistics.median(r for r, _ in rows), "p99": rows[-1][1]} for name, rows in results.items()}


def restart_ready_us(server):
    """From a database that answers to ready, as the server says; three starts."""
    times = []
    for _ in range(3):
        server.down()
        server.up()
        found = re.findall(r'"event":"registry.ready".*"us":(\d+)', server.log())
        times.append(int(found[-1]))
    return statistics.median(times)


PUBLISHES = [("1 connection", archive_forms, 1), ("8 connections", archive_forms, 8),
             ("1 connection, the original's form", file_forms, 1)]


def run(args, folder):
    os.environ["NONO_BUILD"] = args.build
    server = servers.Registry.start(folder / "data")
    out = {"rss_idle_mib": memory_mib(server.process.pid)}
    world = api.World(server.url, "admin", server.password)
    owner, organisation, key = world.publisher()
    files = pack_of("web", "1.0.0", BLOB_BYTES * 2, 7)
    files["data/blob.md"] = random.Random(1).randbytes(BLOB_BYTES // 2).hex().encode()
    assert owner.publish(organisation, files, key).status_code == 201

    base = f"/api/v1/packages/{organisation}/web/versions/1.0.0"
    blob = f"/api/v1/blobs/sha256:{packs.sha256(files['data/blob.md'])}"
    pull = server.get(f"{base}/pull").body
    nginx = Nginx(folder / "nginx", {"pull.json": pull, "blob": files["data/blob.md"]})
    try:
        targets = {
            "nginx, pull document": f"{nginx.url}/pull.json", "pull document": f"{server.url}{base}/pull",
            "nginx, 100 KB blob": f"{nginx.url}/blob", "100 KB blob": f"{server.url}{blob}",
            "pack in one request": f"{server.url}{base}/download",
        }
        out["pull_bytes"] = len(pull)
        out["reads"] = measure_reads(targets, args.rounds, args.seconds)
    finally:
        nginx.stop()
    out["rss_after_reads_mib"] = memory_mib(server.process.pid)
    out["publishes"] = {}
    with physical_limit(folder) as limit:
        for label, forms, clients in PUBLISHES:
            before = fsync_ms(folder)
            row = publish_rate(world, limit, forms, args.publishes, clients)
            out["publishes"][label] = {**row, "fsync_ms": (before + fsync_ms(folder)) / 2}
    out["rss_after_publishes_mib"] = memory_mib(server.process.pid)
    out["ready_ms"] = restart_ready_us(server) / 1000
    server.down()
    return out


def report(out):
    reads = out["reads"]
    print("| GET, 64 connections | requests/s | × nginx | p99 |\n|---|---:|---:|---:|")
    for name, row in reads.items():
        peer = reads["nginx, 100 KB blob" if "blob" in name or "pack" in name else "nginx, pull document"]["rate"]
        print(f"| {name} | {row['rate']:,.0f} | {row['rate'] / peer:.2f} | {row['p99']} |")
    print(f"\nThe pull document has {out['pull_bytes']} bytes.\n")
    print("| publish of 100 KB, verified and durable | per second | × the limit | p50 ms | processor ms a publish: registry, PostgreSQL "
          "| fdatasync of 8 KB, ms |\n|---|---:|---:|---:|---:|---:|")
    for label, row in out["publishes"].items():
        used = row["processor_ms"]
        print(f"| {label} | {row['rate']:,.0f} | {row['rate'] / row['limit_rate']:.2f} of {row['limit_rate']:,.0f} "
              f"| {row['p50_ms']:.1f} | {used['nono-registry']:.1f}, {used['postgres']:.1f} "
              f"| {row['fsync_ms']:.2f} |")
    print(f"\nReady {out['ready_ms']:.0f} ms after PostgreSQL. "
          f"Memory: {out['rss_idle_mib']:.1f} MiB idle, {out['rss_after_reads_mib']:.1f} after reads, "
          f"{out['rss_after_publishes_mib']:.1f} after publishes.")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--publishes", type=int, default=200)
    parser.add_argument("--json")
    args = parser.parse_args()
    folder = servers.make_folder()
    try:
        out = run(args, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    report(out)
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(out, indent=2))


if __name__ == "__main__":
    main()
