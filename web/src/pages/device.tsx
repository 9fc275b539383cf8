import { useState } from "preact/hooks";
import { ApiError, api } from "../api";
import { go, useTitle } from "../router";
import { useSignedIn } from "../session";
import { Failure, Show, Unknown, useLoad } from "../ui";

const scopeWords: Record<string, string> = {
  read: "read the private packs that you may read",
  publish: "publish versions in your name",
  yank: "yank versions",
  org: "manage members and signing keys of your organisations",
  account: "make and revoke your tokens",
};

const adminWords: Record<string, string> = {
  read: "read every private pack, as you are an administrator",
  org: "manage members and signing keys of every organisation, as you are an administrator",
  account: "make and revoke your tokens, and, as you are an administrator, make accounts and read the audit trail",
};

function Enter({ unknown }: { unknown?: string }) {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const code = new FormData(event.currentTarget as HTMLFormElement).get("code");
    go(`/device?code=${encodeURIComponent(String(code ?? "").trim().toUpperCase())}`);
  };
  return (
    <form class="card" onSubmit={submit}>
      <h1>Sign in a device</h1>
      {unknown && <div class="notice bad" role="alert"><p>No device waits with the code <strong class="code">{unknown}</strong>: it was typed otherwise, was used, or has expired.</p></div>}
      <p>Enter the code that <code>nono auth login</code> shows.</p>
      <label>Code<input name="code" autoComplete="off" autoCapitalize="characters" spellcheck={false} required autoFocus class="code" /></label>
      <button type="submit" class="primary">Continue</button>
    </form>
  );
}

const clock = (at: string) => new Date(at).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });

const isGone = (error: unknown) => error instanceof ApiError && [404, 410].includes(error.problem.status);

function Decide({ code, login, admin }: { code: string; login: string; admin: boolean }) {
  const loaded = useLoad(code, () => api.device(code));
  const [done, setDone] = useState<"approve" | "deny" | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const decide = async (decision: "approve" | "deny") => {
    setBusy(true);
    setError(null);
    try {
      await api.decideDevice(code, decision);
      setDone(decision);
    } catch (failed) {
      setError(failed);
    }
    setBusy(false);
  };
  if (done)
    return (
      <div class="card" role="status">
        <h1>{done === "approve" ? "Signed in" : "Refused"}</h1>
        <p>{done === "approve" ? "The device is signed in. You can close this page." : "The device was not signed in."}</p>
      </div>
    );
  if (isGone(error) || (loaded.state === "failed" && isGone(loaded.error))) return <Enter unknown={code} />;
  return (
    <Show of={loaded}>
      {(request) => (
        <div class="card">
          <h1>Sign in a device?</h1>
          <p class="device-code"><strong class="code">{request.user_code ?? code}</strong></p>
          <p>Go on only if you began this yourself, and your own terminal shows this code. Whoever sent it to you would be signed in as you.</p>
          <p><strong><bdi>{request.client}</bdi></strong>{request.ip && <> at {request.ip}</>} asked at {clock(request.requested_at)} to act as <strong>{login}</strong>:</p>
          <ul>{request.scopes.map((scope) => <li key={scope}>{(admin && adminWords[scope]) || (scopeWords[scope] ?? scope)}</li>)}</ul>
          {error !== null && <Failure error={error} />}
          <div class="buttons">
            <button type="button" class="primary" disabled={busy} onClick={() => void decide("approve")}>Approve</button>
            <button type="button" disabled={busy} onClick={() => void decide("deny")}>Refuse</button>
          </div>
        </div>
      )}
    </Show>
  );
}

export function DevicePage({ code }: { code: string }) {
  useTitle("Sign in a device");
  const who = useSignedIn();
  if (!who) return <Unknown />;
  return code ? <Decide key={code} code={code} login={who.user.login} admin={!!who.user.is_admin} /> : <Enter />;
}
