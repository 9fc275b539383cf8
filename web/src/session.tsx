import { createContext, type ComponentChildren } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import { api, rememberCsrf, type WhoAmI } from "./api";
import { go } from "./router";

interface Session {
  who: WhoAmI | null;
  known: boolean; // false until the registry has answered
  refresh: () => Promise<void>;
  end: () => Promise<void>;
}

const SessionContext = createContext<Session>({ who: null, known: false, refresh: async () => {}, end: async () => {} });

export const useSession = () => useContext(SessionContext);

export function SessionProvider({ children }: { children: ComponentChildren }) {
  const [who, setWho] = useState<WhoAmI | null>(null);
  const [known, setKnown] = useState(false);

  const refresh = async () => {
    try {
      const answer = await api.whoami();
      rememberCsrf(answer.csrf);
      setWho(answer);
    } catch {
      setWho(null);
    }
    setKnown(true);
  };
  const end = async () => {
    await api.logout();
    rememberCsrf(null);
    setWho(null);
    go("/");
  };
  useEffect(() => void refresh(), []);

  return <SessionContext.Provider value={{ who, known, refresh, end }}>{children}</SessionContext.Provider>;
}

/** For pages of people who are signed in: sends others to sign in, and back here afterwards. */
export function useSignedIn(): WhoAmI | null {
  const { who, known } = useSession();
  useEffect(() => {
    if (known && !who) go(`/login?next=${encodeURIComponent(window.location.pathname + window.location.search)}`, true);
  }, [known, who]);
  return who;
}
