"""A certificate authority of a test's own, by OpenSSL's command."""
import datetime
import pathlib
import subprocess


def openssl(*args):
    subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True)


class Authority:
    def __init__(self, folder, name="test authority"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.cert, self.key = self.folder / "ca.pem", self.folder / "ca.key"
        self.made = 0
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.key, "-out",
                self.cert, "-days", "2", "-subj", f"/CN={name}", "-addext", "basicConstraints=critical,CA:TRUE")

    def issue(self, name="server", days=(-1, 1)):
        """A certificate for this machine, valid for these days around now, and its key: two paths."""
        self.made += 1
        cert, key, request = (self.folder / f"{name}.{end}" for end in ("pem", "key", "csr"))
        settings = self.folder / "ca.conf"
        settings.write_text(
            f"[ca]\ndefault_ca=c\n[c]\nnew_certs_dir={self.folder}\ndatabase={self.folder}/index\nserial={self.folder}/serial\n"
            "default_md=sha256\npolicy=p\nunique_subject=no\nx509_extensions=e\n[p]\ncommonName=supplied\n"
            "[e]\nsubjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n")
        (self.folder / "index").write_text("")
        (self.folder / "serial").write_text(f"{0x1000 + self.made:x}\n")
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", request,
                "-subj", "/CN=localhost")
        first, last = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=day) for day in days)
        openssl("ca", "-batch", "-config", settings, "-cert", self.cert, "-keyfile", self.key, "-in", request, "-out", cert,
                "-notext", "-startdate", f"{first:%Y%m%d%H%M%SZ}", "-enddate", f"{last:%Y%m%d%H%M%SZ}")
        return cert, key
