import { useState } from "preact/hooks";
import { api, type PasswordChanged } from "../api";
import { Link, go, useTitle } from "../router";
import { useSession, useSignedIn } from "../session";
import { Badge, Failure, Unknown } from "../ui";

/** A form that calls the registry: busy while it does, and says what failed. */
function useSend() {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const send = async (work: () => Promise<void>) => {
    setBusy(true);
    setError(null);
    try {
      await work();
    } catch (failed) {
      setError(failed);
    }
    setBusy(false);
  };
  return { busy, error, send };
}

const text = (form: FormData, name: string) => String(form.get(name) ?? "");

function Organisations({ list }: { list: { name: string; role: string }[] }) {
  const { refresh } = useSession();
  const { busy, error, send } = useSend();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const name = text(new FormData(event.currentTarget as HTMLFormElement), "organisation").trim();
    void send(async () => {
      await api.makeOrganisation(name);
      await refresh();
      go(`/organisations/${encodeURIComponent(name)}`);
    });
  };
  return (
    <section aria-labelledby="organisations">
      <h2 id="organisations">Your organisations</h2>
      {list.length === 0 ? (
        <p class="quiet">You belong to none.</p>
      ) : (
        <ul class="packs">
          {list.map(({ name, role }) => (
            <li key={name} class="line">
              <Link href={`/organisations/${name}`} class="pack-name">{name}</Link>
              <Badge kind="plain">{role}</Badge>
            </li>
          ))}
        </ul>
      )}
      <form class="card wide" onSubmit={submit}>
        <h3>Make an organisation</h3>
        {error !== null && <Failure error={error} />}
        <label>Name<input name="organisation" required maxLength={64} autoComplete="off" autoCapitalize="none" spellcheck={false} placeholder="acme" /></label>
        <p class="quiet">Its packs are called <code>name/pack</code>. You become its owner.</p>
        <button type="submit" disabled={busy}>Make organisation</button>
      </form>
    </section>
  );
}

const tokens = (count: number) => (count === 1 ? "One token" : `${count} tokens`);

/** What became of the account's tokens with its password. */
function Tokens({ changed }: { changed: PasswordChanged }) {
  const { tokens_revoked: revoked, tokens_left: left } = changed;
  if (left > 0) return <>{tokens(left)} still {left === 1 ? "works" : "work"}: <Link href="/account/tokens">see and revoke tokens</Link>.</>;
  return <>{revoked > 0 ? `${tokens(revoked)} ${revoked === 1 ? "is" : "are"} revoked.` : "There are no tokens."}</>;
}

function Password() {
  const { busy, error, send } = useSend();
  const [done, setDone] = useState<PasswordChanged | null>(null);
  const [differ, setDiffer] = useState(false);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const element = event.currentTarget as HTMLFormElement;
    const form = new FormData(element);
    const fresh = text(form, "fresh");
    setDone(null);
    setDiffer(fresh !== text(form, "again"));
    if (fresh !== text(form, "again")) return;
    void send(async () => {
      const changed = await api.changePassword(text(form, "current"), fresh, form.has("tokens"));
      element.reset();
      setDone(changed);
    });
  };
  return (
    <section aria-labelledby="password">
      <h2 id="password">Password</h2>
      <form class="card wide" onSubmit={submit}>
        {error !== null && <Failure error={error} />}
        {differ && <div class="notice bad" role="alert"><p>The new password was not typed the same twice.</p></div>}
        {done && (
          <div class="notice good" role="status">
            <p>The password is changed. Other sessions are signed out.</p>
            <p><Tokens changed={done} /></p>
          </div>
        )}
        <label>Current password<input name="current" type="password" autoComplete="current-password" required /></label>
        <label>New password<input name="fresh" type="password" autoComplete="new-password" required minLength={10} /></label>
        <label>New password again<input name="again" type="password" autoComplete="new-password" required minLength={10} /></label>
        <label class="check"><input type="checkbox" name="tokens" /> Revoke all my tokens too</label>
        <p class="quiet">
          Your other sessions end, and so do device logins that are approved and not finished. Tokens go on working, for they are no part of a
          password: revoke them here, or one by one under <Link href="/account/tokens">Tokens</Link>.
        </p>
        <button type="submit" class="primary" disabled={busy}>Change password</button>
      </form>
    </section>
  );
}

export function AccountPage() {
  useTitle("Account");
  const who = useSignedIn();
  if (!who) return <Unknown />;
  const { login, display_name, is_admin } = who.user;
  return (
    <>
      <h1>{display_name || login}</h1>
      <p class="lead">
        {display_name && display_name !== login && `${login} · `}{is_admin && "administrator · "}<Link href="/account/tokens">Tokens</Link>
      </p>
      <Organisations list={who.organisations} />
      <Password />
    </>
  );
}
