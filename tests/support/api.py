"""A registry's API as tests use it: thin, so that what is sent can be read off the test."""
import requests

from tests.support import packs

PASSWORD = "correct horse battery staple"


class Api:
    """One caller: nobody, a token, or a session with its CSRF value."""

    def __init__(self, base, token=None, prefix="/api/v1"):
        self.base, self.http = base + prefix, requests.Session()
        self.http.trust_env = False
        if token:
            self.http.headers["Authorization"] = f"Bearer {token}"

    def call(self, method, path, **options):
        return self.http.request(method, self.base + path, timeout=60, **options)

    def get(self, path, **options):
        return self.call("GET", path, **options)

    def post(self, path, json=None, **options):
        return self.call("POST", path, json=json, **options)

    def login(self, login, password=PASSWORD):
        answer = self.post("/auth/login", {"login": login, "password": password})
        if answer.status_code == 200:
            self.http.headers["X-Nono-CSRF"] = answer.json()["csrf"]
        return answer

    def token(self, *scopes, name="test", **more):
        """A caller with a new token of this one's account."""
        answer = self.post("/auth/tokens", {"name": name, "scopes": list(scopes), **more})
        assert answer.status_code == 201, answer.text
        return Api(self.base.removesuffix("/api/v1"), answer.json()["token"])

    def upload(self, namespace, name, fields, parts):
        """parts: (part name, file name, bytes)."""
        files = [(part, (filename, data)) for part, filename, data in parts]
        return self.call("POST", f"/packages/{namespace}/{name}/versions", data=fields, files=files)

    def publish(self, namespace, files, key, *, name="web", version="1.0.0", bundle=None, **fields):
        """The original's form: one part for each file."""
        parts = [("bundle", ".nono-trust.bundle", bundle or packs.multi_file_bundle(files, key))]
        parts += [("artifact", path, data) for path, data in files.items()]
        return self.upload(namespace, name, {"version": version, **fields}, parts)

    def publish_archive(self, namespace, archive, bundle, *, name="web", version="1.0.0", **fields):
        parts = [("bundle", "bundle.json", bundle), ("archive", "pack.tar.zst", archive)]
        return self.upload(namespace, name, {"version": version, **fields}, parts)


class World:
    """A registry with an administrator: people, organisations and keys as a test needs them."""

    def __init__(self, base, admin_login, admin_password):
        self.base, self.admin, self.count = base, Api(base), 0
        answer = self.admin.login(admin_login, admin_password)
        assert answer.status_code == 200, answer.text

    def nobody(self, **options):
        return Api(self.base, **options)

    def unique(self, stem):
        self.count += 1
        return f"{stem}{self.count}"

    def person(self, stem="person", **more):
        """A new account, signed in; .name is its login."""
        login = self.unique(stem)
        made = self.admin.post("/accounts", {"login": login, "password": PASSWORD, **more})
        assert made.status_code == 201, made.text
        person = Api(self.base)
        assert person.login(login).status_code == 200
        person.name = login
        return person

    def organisation(self, owner, stem="org"):
        name = self.unique(stem)
        assert owner.post("/organisations", {"name": name}).status_code == 201
        return name

    def key(self, owner, organisation, kind="ed25519"):
        key = packs.Key(kind)
        made = owner.post(f"/organisations/{organisation}/keys", {"name": "release key", "public_key": key.pem})
        assert made.status_code == 201, made.text
        return key

    def publisher(self):
        """An owner, their organisation and a key of it."""
        owner = self.person("owner")
        organisation = self.organisation(owner)
        return owner, organisation, self.key(owner, organisation)
