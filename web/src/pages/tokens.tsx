import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError, api, type NewToken, type Token } from "../api";
import { useTitle } from "../router";
import { useSignedIn } from "../session";
import { Command, Failure, Show, Time, Unknown, useLoad } from "../ui";

const scopes = [
  ["read", "Read private packs"],
  ["publish", "Publish versions"],
  ["yank", "Yank versions"],
  ["org", "Manage organisations"],
  ["account", "Manage tokens"],
] as const;

function Make({ made }: { made: (token: NewToken) => void }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const element = event.currentTarget as HTMLFormElement;
    const form = new FormData(element);
    const days = String(form.get("days") ?? "");
    setBusy(true);
    setError(null);
    try {
      made(await api.makeToken(String(form.get("name") ?? ""), form.getAll("scope").map(String), days ? Number(days) : null));
      element.reset();
    } catch (failed) {
      setError(failed);
    }
    setBusy(false);
  };
  return (
    <form class="card wide" onSubmit={(event) => void submit(event)}>
      <h2>Make a token</h2>
      {error !== null && <Failure error={error} />}
      <label>Name<input name="name" required maxLength={64} placeholder="laptop, release job" /></label>
      <fieldset>
        <legend>It may</legend>
        {scopes.map(([scope, words]) => (
          <label key={scope} class="check"><input type="checkbox" name="scope" value={scope} defaultChecked={scope === "read"} /> {words}</label>
        ))}
      </fieldset>
      <label>It expires
        <select name="days">
          <option value="90">in 90 days</option>
          <option value="7">in a week</option>
          <option value="30">in 30 days</option>
          <option value="365">in a year</option>
        </select>
      </label>
      <button type="submit" class="primary" disabled={busy}>Make token</button>
    </form>
  );
}

/** It comes above the form that made it, which may be longer than the screen: it is gone to. */
function Fresh({ token }: { token: NewToken }) {
  const notice = useRef<HTMLDivElement>(null);
  useEffect(() => notice.current?.focus(), [token]);
  return (
    <div class="notice good" role="status" tabIndex={-1} ref={notice}>
      <p><strong>{token.name}</strong> is ready. This is the only time that it is shown.</p>
      <Command text={token.token} />
    </div>
  );
}

const isGone = (error: unknown) => error instanceof ApiError && error.problem.status === 404;

function TokenRow({ token, revoke }: { token: Token; revoke: () => void }) {
  return (
    <tr>
      <td class="name">{token.name}</td>
      <td>{token.scopes.join(", ")}</td>
      <td><Time at={token.created_at} /></td>
      <td>{token.expires_at ? <Time at={token.expires_at} /> : "never"}</td>
      <td>{token.last_used_at ? <Time at={token.last_used_at} /> : "never"}</td>
      <td class="act"><button type="button" onClick={revoke} aria-label={`Revoke ${token.name}`}>Revoke</button></td>
    </tr>
  );
}

export function TokensPage() {
  useTitle("Tokens");
  const who = useSignedIn();
  const [fresh, setFresh] = useState<NewToken | null>(null);
  const [error, setError] = useState<unknown>(null);
  const loaded = useLoad(who?.user.login ?? "", async () => (who ? await api.tokens() : { tokens: [] }));
  if (!who) return <Unknown />;

  const revoke = async (token: Token) => {
    setError(null);
    try {
      await api.revokeToken(token.id);
    } catch (failed) {
      if (!isGone(failed)) return setError(failed);
    }
    if (fresh?.id === token.id) setFresh(null);
    loaded.again();
    document.getElementById("tokens")?.focus({ preventScroll: true }); // the button goes with its row
  };
  return (
    <>
      <h1>Tokens</h1>
      <p class="lead">A token signs a program in with what you choose here and nothing more.</p>
      {fresh && <Fresh token={fresh} />}
      {error !== null && <Failure error={error} />}
      <Make made={(token) => { setFresh(token); loaded.again(); }} />
      <h2 id="tokens" tabIndex={-1}>Your tokens</h2>
      <Show of={loaded}>
        {({ tokens }) =>
          tokens.length === 0 ? (
            <p class="quiet">You have none.</p>
          ) : (
            <div class="table" tabIndex={0} role="group" aria-labelledby="tokens">
              <table>
                <thead><tr><th scope="col">Name</th><th scope="col">May</th><th scope="col">Made</th><th scope="col">Expires</th><th scope="col">Last used</th><th scope="col"><span class="sr">Revoke</span></th></tr></thead>
                <tbody>{tokens.map((token) => <TokenRow key={token.id} token={token} revoke={() => void revoke(token)} />)}</tbody>
              </table>
            </div>
          )
        }
      </Show>
    </>
  );
}
