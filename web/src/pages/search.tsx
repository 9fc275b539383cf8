import { api, type PackSummary } from "../api";
import { Link, go, useTitle } from "../router";
import { Pages } from "../pages";
import { Badge } from "../ui";

export function PackList({ packs }: { packs: PackSummary[] }) {
  return (
    <ul class="packs">
      {packs.map((pack) => (
        <li key={`${pack.namespace}/${pack.name}`}>
          <div class="line">
            <Link href={`/packages/${pack.namespace}/${pack.name}`} class="pack-name">
              <span class="ns">{pack.namespace}/</span>{pack.name}
            </Link>
            {pack.latest_version && <span class="version">{pack.latest_version}</span>}
            {pack.visibility && pack.visibility !== "public" && <Badge kind="private">{pack.visibility}</Badge>}
          </div>
          {pack.description && <p>{pack.description}</p>}
        </li>
      ))}
    </ul>
  );
}

function Results({ q }: { q: string }) {
  return (
    <Pages of={q} load={(cursor) => api.search(q, cursor)} items={(answer) => answer.packages} focus=".pack-name">
      {(packs, { total }) => {
        const count = total ?? packs.length;
        if (packs.length === 0)
          return (
            <div class="notice" role="status">
              <p>{q ? <>No pack has all the words of <strong>{q}</strong>.</> : "There are no packs here yet."}</p>
              {!q && <p>Publish the first one with <code>nono publish</code>.</p>}
            </div>
          );
        return (
          <>
            <p class="quiet" role="status">{count} {count === 1 ? "pack" : "packs"}</p>
            <PackList packs={packs} />
          </>
        );
      }}
    </Pages>
  );
}

export function SearchPage({ q }: { q: string }) {
  useTitle(q ? `Search: ${q}` : "");
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const words = new FormData(event.currentTarget as HTMLFormElement).get("q");
    go(`/?q=${encodeURIComponent(String(words ?? ""))}`);
  };
  return (
    <>
      <section class="hero">
        <h1>Run agents inside exactly what they need</h1>
        <p>Signed packs of sandbox profiles, hooks, skills and instruction files. See what each may touch before you install it.</p>
        <form role="search" onSubmit={submit}>
          <input key={q} type="search" name="q" aria-label="Search packs" placeholder="Search packs" defaultValue={q} />
          <button type="submit" class="primary">Search</button>
        </form>
      </section>
      <h2>{q ? "Results" : "Packs"}</h2>
      <Results q={q} />
    </>
  );
}
