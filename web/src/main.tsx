import { render } from "preact";
import { useState } from "preact/hooks";
import { isAddress } from "./addresses";
import { Link, Router, go, registryName, usePlace } from "./router";
import { SessionProvider, useSession } from "./session";
import { AccountPage } from "./pages/account";
import { DevicePage } from "./pages/device";
import { LoginPage } from "./pages/login";
import { OrganisationPage } from "./pages/organisation";
import { PackPage } from "./pages/pack";
import { SearchPage } from "./pages/search";
import { TokensPage } from "./pages/tokens";
import { Failure } from "./ui";
import { ApiError } from "./api";
import "./style.css";

function Account() {
  const { who, known, end } = useSession();
  const { path, query } = usePlace();
  const [failed, setFailed] = useState(false);
  const leave = () => {
    setFailed(false);
    end().catch(() => setFailed(true));
  };
  if (!known) return null;
  const here = query.size ? `${path}?${query}` : path;
  if (!who) return <Link href={path === "/login" ? here : here === "/" ? "/login" : `/login?next=${encodeURIComponent(here)}`}>Sign in</Link>;
  return (
    <>
      {failed && <span role="alert" class="bad-words">You are still signed in: the registry did not answer.</span>}
      <Link href="/account/tokens" class="wide-only" current={path === "/account/tokens"}>Tokens</Link>
      <Link href="/account" class="who" current={path === "/account"}>{who.user.login}</Link>
      <button type="button" class="link" onClick={leave}>Sign out</button>
    </>
  );
}

function Header() {
  const { path, query } = usePlace();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const q = new FormData(event.currentTarget as HTMLFormElement).get("q");
    go(`/?q=${encodeURIComponent(String(q ?? ""))}`);
  };
  return (
    <header class="top">
      <Link href="/" class="brand"><img src="/icon.svg" alt="" width="26" height="26" /> <span>{registryName}</span></Link>
      {path !== "/" && (
        <form role="search" onSubmit={submit} class="top-search">
          <input type="search" name="q" aria-label="Search packs" placeholder="Search packs" defaultValue={query.get("q") ?? ""} />
        </form>
      )}
      <nav aria-label="Account"><Account /></nav>
    </header>
  );
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // no name looks like that: it is not found
  }
}

function Page() {
  const { path, query } = usePlace();
  const parts = path.split("/").filter(Boolean).map(decoded);
  if (!isAddress(parts)) return <Failure error={new ApiError({ status: 404 })} />;
  if (parts.length === 0) return <SearchPage q={query.get("q") ?? ""} />;
  if (parts[0] === "login") return <LoginPage next={query.get("next")} />;
  if (parts[0] === "device") return <DevicePage code={query.get("code") ?? query.get("user_code") ?? ""} />;
  if (parts[0] === "account") return parts[1] === "tokens" ? <TokensPage /> : <AccountPage />;
  if (parts[0] === "organisations") return <OrganisationPage name={parts[1]!} />;
  return <PackPage ns={parts[1]!} name={parts[2]!} rest={parts.slice(3)} />;
}

function Main() {
  const { round } = useSession();
  return <main id="main" tabIndex={-1}><Page key={round} /></main>;
}

function App() {
  return (
    <Router>
      <SessionProvider>
        <a class="skip" href="#main">Skip to the content</a>
        <Header />
        <Main />
        <footer>
          <a href="/api/v1/openapi.yaml">API</a>
          <span>Every version is signed, immutable, and served by its digest.</span>
        </footer>
      </SessionProvider>
    </Router>
  );
}

const root = document.getElementById("app");
if (root) render(<App />, root);
