import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "./api";
import { Link, useTitle } from "./router";
import { useSession } from "./session";

export type Loaded<T> = { state: "loading" } | { state: "failed"; error: unknown } | { state: "ready"; value: T };

/** Loads when its key changes; an answer that comes after the next key is dropped. */
export function useLoad<T>(key: string, load: () => Promise<T>): Loaded<T> & { again: () => void } {
  const [loaded, setLoaded] = useState<Loaded<T>>({ state: "loading" });
  const [round, setRound] = useState(0);
  useEffect(() => {
    let current = true;
    setLoaded({ state: "loading" });
    load().then(
      (value) => current && setLoaded({ state: "ready", value }),
      (error: unknown) => current && setLoaded({ state: "failed", error }),
    );
    return () => {
      current = false;
    };
  }, [key, round]);
  return { ...loaded, again: () => setRound((n) => n + 1) };
}

export function Loading() {
  return <p class="quiet loading" role="status">Loading…</p>;
}

export function Show<T>({ of, children }: { of: Loaded<T> & { again?: () => void }; children: (value: T) => ComponentChildren }) {
  if (of.state === "loading") return <Loading />;
  if (of.state === "failed") return <Failure error={of.error} again={of.again} />;
  return <>{children(of.value)}</>;
}

/** Where it is not known yet who looks, or they are on their way to sign in. */
export function Unknown() {
  const { known, fault, refresh } = useSession();
  return !known && fault !== null ? <Failure error={fault} again={() => void refresh()} /> : <Loading />;
}

/** again is offered where another try may do better: not to what the registry has judged. */
export function Failure({ error, again }: { error: unknown; again?: (() => void) | undefined }) {
  const problem = error instanceof ApiError ? error.problem : null;
  if (problem?.status === 404) return <NotFound />;
  return (
    <div class="notice bad" role="alert">
      <p>{error instanceof Error ? sentence(error.message) : "Something went wrong."}</p>
      {problem?.hint && <p>{sentence(problem.hint)}</p>}
      {problem?.request_id && problem.status >= 500 && <p class="quiet">Request {problem.request_id}</p>}
      {again && problem && (problem.status === 0 || problem.status >= 500) && <p><button type="button" onClick={again}>Try again</button></p>}
    </div>
  );
}

function NotFound() {
  useTitle("Not found");
  const { who, refresh } = useSession();
  const here = window.location.pathname;
  useEffect(() => void refresh(), []); // to a session that has run out, what it could read is not there
  return (
    <div class="notice" role="alert">
      <h1>There is nothing here, or it is not for you to see</h1>
      <p>
        Check the address{who ? <>, or ask the organisation to let <strong>{who.user.login}</strong> read it</> : <>, or <Link href={`/login?next=${encodeURIComponent(here)}`}>sign in</Link> with an account that may read it</>}.
      </p>
    </div>
  );
}

export function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

export function Time({ at }: { at: string }) {
  const date = new Date(at);
  const text = Number.isNaN(date.getTime()) ? at : date.toLocaleDateString(undefined, { year: "numeric", month: "short", day: "numeric" });
  return <time dateTime={at} title={at}>{text}</time>;
}

export function size(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB"];
  let unit = 0;
  let left = bytes;
  while (left >= 1024 && unit < units.length - 1) {
    left /= 1024;
    unit++;
  }
  return `${unit === 0 ? left : left.toFixed(1)} ${units[unit]}`;
}

/** Over plain http a browser has no clipboard for pages: then the text is selected, and copied as people do it. */
async function toClipboard(text: string, shown: HTMLElement | null): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    if (shown) window.getSelection()?.selectAllChildren(shown);
    return document.execCommand("copy");
  }
}

/** A command to copy. */
export function Command({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  const code = useRef<HTMLElement>(null);
  const copy = async () => {
    if (!(await toClipboard(text, code.current))) return;
    setCopied(true);
    setTimeout(() => setCopied(false), 2000);
  };
  return (
    <div class="command">
      <code tabIndex={0} ref={code}>{text}</code>
      <button type="button" onClick={copy} aria-label={`Copy: ${text}`}>{copied ? "Copied" : "Copy"}</button>
    </div>
  );
}

/** The parts of a path stand in their order, whichever way the letters in them run. */
export function Path({ text }: { text: string }) {
  return <>{text.split("/").map((part, i) => <>{i > 0 && "/"}<bdi>{part}</bdi></>)}</>;
}

export function Digest({ text }: { text: string }) {
  const bare = text.replace(/^sha256:/, "");
  return <code class="digest" title={text}>{bare.slice(0, 16)}…</code>;
}

export function Badge({ kind, children }: { kind: "plain" | "bad" | "private"; children: ComponentChildren }) {
  return <span class={`badge ${kind}`}>{children}</span>;
}
