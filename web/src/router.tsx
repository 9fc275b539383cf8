import { createContext, type ComponentChildren } from "preact";
import { useContext, useEffect, useRef, useState } from "preact/hooks";

export interface Place {
  path: string;
  query: URLSearchParams;
}

/** As the registry has put it into the page that it sent. */
export const registryName = document.title;

const read = (): Place => ({ path: window.location.pathname, query: new URLSearchParams(window.location.search) });
const PlaceContext = createContext<Place>(read());

export const usePlace = () => useContext(PlaceContext);

/** Goes to a page of ours. The new page is told to screen readers through its title and its heading. */
export function go(url: string, replace = false): void {
  window.history[replace ? "replaceState" : "pushState"](null, "", url);
  window.dispatchEvent(new PopStateEvent("popstate"));
  window.scrollTo(0, 0);
}

export function Router({ children }: { children: ComponentChildren }) {
  const [place, setPlace] = useState(read);
  const first = useRef(true);
  useEffect(() => {
    const moved = () => setPlace(read());
    window.addEventListener("popstate", moved);
    return () => window.removeEventListener("popstate", moved);
  }, []);
  // What was clicked may have gone with its page: the keyboard goes on at the new one, and the header stays in view.
  useEffect(() => {
    if (!first.current && (document.activeElement ?? document.body) === document.body) document.getElementById("main")?.focus({ preventScroll: true });
    first.current = false;
  }, [place]);
  return <PlaceContext.Provider value={place}>{children}</PlaceContext.Provider>;
}

interface LinkProps {
  href: string;
  class?: string;
  current?: boolean;
  children: ComponentChildren;
}

export function Link({ href, children, current, ...rest }: LinkProps) {
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(href);
  };
  return (
    <a href={href} onClick={follow} {...(current ? { "aria-current": "page" as const } : {})} {...rest}>
      {children}
    </a>
  );
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title ? `${title} · ${registryName}` : registryName;
  }, [title]);
}
