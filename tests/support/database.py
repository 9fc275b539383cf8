"""A registry's PostgreSQL, from beside it: to look into it, and to make requests meet in it.

    database = Database(registry)
    first, second = database.in_turn(AUDIT, lambda: one.post(...), lambda: other.post(...))
"""
import concurrent.futures
import contextlib
import subprocess

# What every act waits for at its end, with its other locks held: the audit trail has one writer at a time.
AUDIT = "SELECT pg_advisory_xact_lock(7236837)"


class Database:
    def __init__(self, registry):
        self.psql = ["psql", "-h", registry.folder / "socket", "-U", "nono", "-d", "nono", "-XAtq", "-v", "ON_ERROR_STOP=1"]

    def run(self, sql):
        done = subprocess.run([*self.psql, "-c", sql], check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    @contextlib.contextmanager
    def held(self, lock):
        """A transaction of the test's own holds what the statement locks."""
        with subprocess.Popen(self.psql, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as psql:
            psql.stdin.write(f"BEGIN;\n{lock};\n\\echo held\n")
            psql.stdin.flush()
            while (line := psql.stdout.readline()) != "held\n":
                assert line, "the lock is not to be had"
            yield

    def waiting(self):
        return int(self.run("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"))

    def in_turn(self, lock, *acts):
        """What acts return that are under way at once: each begins when those before it wait, for the lock or each other; then it is let go."""
        with concurrent.futures.ThreadPoolExecutor() as pool:
            begun = []
            with self.held(lock):
                for act in acts:
                    begun.append(pool.submit(act))
                    while self.waiting() < len(begun):
                        assert not begun[-1].done(), f"it did not wait: {begun[-1].result()}"
            return [act.result() for act in begun]
