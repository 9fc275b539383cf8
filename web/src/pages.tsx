import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Failure, Show, useLoad } from "./ui";

interface PagesProps<A, T> {
  of: string; // what is listed: another key begins anew
  load: (cursor?: string) => Promise<A>;
  items: (answer: A) => T[];
  /** The elements of the list, one an item, that the keyboard goes on at. */
  focus: string;
  children: (all: T[], first: A) => ComponentChildren;
}

/** A list that the registry gives in pages, with a button for the next one. What is still asked for one list is nothing of another's. */
export function Pages<A extends { next_cursor?: string | null }, T>(props: PagesProps<A, T>) {
  return <List key={props.of} {...props} />;
}

function List<A extends { next_cursor?: string | null }, T>({ of, load, items, focus, children }: PagesProps<A, T>) {
  const first = useLoad(of, () => load());
  const [more, setMore] = useState<T[]>([]);
  const [cursor, setCursor] = useState<string | null | undefined>(undefined);
  const [failed, setFailed] = useState<unknown>(null);
  const list = useRef<HTMLDivElement>(null);
  const firstNew = useRef<number | null>(null);
  const busy = useRef(false);
  useEffect(() => { // the button may be gone: who uses the keyboard goes on at the first that came
    if (firstNew.current !== null) list.current?.querySelectorAll<HTMLElement>(focus)[firstNew.current]?.focus();
    firstNew.current = null;
  }, [more]);

  const next = async (at: string, shown: number) => {
    if (busy.current) return;
    busy.current = true;
    try {
      const answer = await load(at);
      firstNew.current = shown;
      setFailed(null);
      setMore((before) => [...before, ...items(answer)]);
      setCursor(answer.next_cursor ?? null);
    } catch (error) {
      setFailed(error);
    }
    busy.current = false;
  };
  return (
    <Show of={first}>
      {(answer) => {
        const all = [...items(answer), ...more];
        const at = cursor === undefined ? answer.next_cursor : cursor;
        return (
          <div ref={list}>
            {children(all, answer)}
            {failed !== null && <Failure error={failed} />}
            {at && <button type="button" class="more" onClick={() => void next(at, all.length)}>Show more</button>}
          </div>
        );
      }}
    </Show>
  );
}
