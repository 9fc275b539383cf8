import { createContext, type ComponentChildren } from "preact";
import { useContext, useEffect, useRef, useState } from "preact/hooks";
import { ApiError, SESSION_CHANGED, api, rememberCsrf, type WhoAmI } from "./api";
import { go } from "./router";

interface Session {
  who: WhoAmI | null;
  known: boolean; // false until the registry has answered
  fault: unknown; // why it has not, or null
  /** Another number when somebody else, or nobody, looks: what was shown before is not for them. */
  round: number;
  refresh: () => Promise<void>;
  end: () => Promise<void>;
}

const SessionContext = createContext<Session>({ who: null, known: false, fault: null, round: 0, refresh: async () => {}, end: async () => {} });

export const useSession = () => useContext(SessionContext);

const is401 = (error: unknown) => error instanceof ApiError && error.problem.status === 401;

export function SessionProvider({ children }: { children: ComponentChildren }) {
  const [who, setWho] = useState<WhoAmI | null>(null);
  const [known, setKnown] = useState(false);
  const [fault, setFault] = useState<unknown>(null);
  const [round, setRound] = useState(0);
  const login = useRef<string | null>(null);

  const become = (answer: WhoAmI | null) => {
    const before = login.current;
    login.current = answer?.user.login ?? null;
    rememberCsrf(answer?.csrf);
    setWho(answer);
    if (before !== null && before !== login.current) setRound((n) => n + 1);
  };
  const refresh = async () => {
    try {
      become(await api.whoami());
    } catch (error) {
      if (!is401(error)) return setFault(error); // it cannot be told: as it was
      become(null);
    }
    setFault(null);
    setKnown(true);
  };
  const end = async () => {
    try {
      await api.logout();
    } catch (error) {
      if (!is401(error)) throw error; // it was over already
    }
    become(null);
    go("/");
  };
  useEffect(() => {
    const changed = () => void refresh();
    changed();
    window.addEventListener(SESSION_CHANGED, changed);
    return () => window.removeEventListener(SESSION_CHANGED, changed);
  }, []);

  return <SessionContext.Provider value={{ who, known, fault, round, refresh, end }}>{children}</SessionContext.Provider>;
}

/** For pages of people who are signed in: sends others to sign in, and back here afterwards. */
export function useSignedIn(): WhoAmI | null {
  const { who, known } = useSession();
  useEffect(() => {
    if (known && !who) go(`/login?next=${encodeURIComponent(window.location.pathname + window.location.search)}`, true);
  }, [known, who]);
  return who;
}
