import { useState } from "preact/hooks";
import { api, rememberCsrf } from "../api";
import { go, useTitle } from "../router";
import { useSession } from "../session";
import { Failure } from "../ui";

/** Only a page of this origin: never somewhere else. */
function safe(next: string | null): string {
  const url = URL.canParse(next ?? "/", window.location.origin) ? new URL(next ?? "/", window.location.origin) : null;
  return url?.origin === window.location.origin && url.protocol === window.location.protocol ? url.href : "/";
}

export function LoginPage({ next }: { next: string | null }) {
  useTitle("Sign in");
  const { refresh } = useSession();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    setBusy(true);
    setError(null);
    try {
      const answer = await api.login(String(form.get("login") ?? ""), String(form.get("password") ?? ""));
      rememberCsrf(answer.csrf);
      await refresh();
      go(safe(next), true);
    } catch (failed) {
      setError(failed);
    }
    setBusy(false);
  };
  return (
    <form class="card" onSubmit={(event) => void submit(event)}>
      <h1>Sign in</h1>
      {error !== null && <Failure error={error} />}
      <label>Name<input name="login" autoComplete="username" required autoFocus /></label>
      <label>Password<input name="password" type="password" autoComplete="current-password" required /></label>
      <button type="submit" class="primary" disabled={busy}>{busy ? "Signing in…" : "Sign in"}</button>
    </form>
  );
}
