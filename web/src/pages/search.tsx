import { useEffect, useState } from "preact/hooks";
import { api, type PackSummary } from "../api";
import { Link, go, useTitle } from "../router";
import { Badge, Failure, Show, useLoad } from "../ui";

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
  const first = useLoad(q, () => api.search(q));
  const [more, setMore] = useState<PackSummary[]>([]);
  const [cursor, setCursor] = useState<string | null | undefined>(undefined);
  const [failed, setFailed] = useState<unknown>(null);
  useEffect(() => {
    setMore([]);
    setCursor(undefined);
  }, [q]);

  const next = async (at: string) => {
    try {
      const answer = await api.search(q, at);
      setMore((packs) => [...packs, ...answer.packages]);
      setCursor(answer.next_cursor ?? null);
    } catch (error) {
      setFailed(error);
    }
  };
  return (
    <Show of={first}>
      {(answer) => {
        const packs = [...answer.packages, ...more];
        const at = cursor === undefined ? answer.next_cursor : cursor;
        if (packs.length === 0)
          return (
            <div class="notice" role="status">
              <p>{q ? <>No pack has all the words of <strong>{q}</strong>.</> : "There are no packs here yet."}</p>
              {!q && <p>Publish the first one with <code>nono publish</code>.</p>}
            </div>
          );
        return (
          <>
            <p class="quiet" role="status">{answer.total ?? packs.length} {(answer.total ?? packs.length) === 1 ? "pack" : "packs"}</p>
            <PackList packs={packs} />
            {failed !== null && <Failure error={failed} />}
            {at && <button type="button" onClick={() => void next(at)}>Show more</button>}
          </>
        );
      }}
    </Show>
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
