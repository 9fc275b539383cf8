import { useState } from "preact/hooks";
import { ApiError, api } from "../api";
import { go, useTitle } from "../router";
import { useSignedIn } from "../session";
import { Failure, Show, useLoad } from "../ui";

const scopeWords: Record<string, string> = {
  read: "read the private packs that you may read",
  publish: "publish versions in your name",
  yank: "yank versions",
  org: "manage members and signing keys of your organisations",
  account: "make and revoke your tokens",
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

function Decide({ code }: { code: string }) {
  const loaded = useLoad(code, () => api.device(code));
  const [done, setDone] = useState<"approve" | "deny" | null>(null);
  const [error, setError] = useState<unknown>(null);
  const decide = async (decision: "approve" | "deny") => {
    try {
      await api.decideDevice(code, decision);
      setDone(decision);
    } catch (failed) {
      setError(failed);
    }
  };
  if (done)
    return (
      <div class="card" role="status">
        <h1>{done === "approve" ? "Signed in" : "Refused"}</h1>
        <p>{done === "approve" ? "The device is signed in. You can close this page." : "The device was not signed in."}</p>
      </div>
    );
  if (loaded.state === "failed" && loaded.error instanceof ApiError && [404, 410].includes(loaded.error.problem.status)) return <Enter unknown={code} />;
  return (
    <Show of={loaded}>
      {(request) => (
        <div class="card">
          <h1>Sign in a device?</h1>
          <p class="device-code"><strong class="code">{request.user_code ?? code}</strong></p>
          <p>Go on only if this is the code that your own terminal shows.</p>
          <p><strong>{request.client}</strong>{request.ip && <> at {request.ip}</>} asks to</p>
          <ul>{request.scopes.map((scope) => <li key={scope}>{scopeWords[scope] ?? scope}</li>)}</ul>
          {error !== null && <Failure error={error} />}
          <div class="buttons">
            <button type="button" class="primary" onClick={() => void decide("approve")}>Approve</button>
            <button type="button" onClick={() => void decide("deny")}>Refuse</button>
          </div>
        </div>
      )}
    </Show>
  );
}

export function DevicePage({ code }: { code: string }) {
  useTitle("Sign in a device");
  const who = useSignedIn();
  if (!who) return null;
  return code ? <Decide key={code} code={code} /> : <Enter />;
}
