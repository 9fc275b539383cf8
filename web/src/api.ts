// The registry's API, as docs/registry-api.md has it. One function a route; failures are ApiError.

export interface Problem {
  title?: string;
  detail?: string;
  code?: string;
  field?: string;
  hint?: string;
  request_id?: string;
  status: number;
}

export class ApiError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title ?? `the registry answered ${problem.status}`);
    this.problem = problem;
  }
}

export interface PackSummary {
  namespace: string;
  name: string;
  description?: string | null;
  latest_version?: string | null;
  downloads?: number;
  visibility?: string;
}

export interface SearchAnswer {
  packages: PackSummary[];
  total?: number;
  next_cursor?: string | null;
}

export interface Pack extends PackSummary {
  keywords?: string[] | null;
  homepage?: string | null;
  repository?: string | null;
  license?: string | null;
  created_at: string;
  updated_at?: string | null;
  versions_count?: number;
}

export interface Signer {
  kind: string;
  key_id?: string | null;
  name?: string | null;
  revoked?: boolean;
}

export interface VersionSummary {
  version: string;
  digest: string;
  size_bytes: number;
  published_at: string;
  published_by?: string | null;
  yanked: boolean;
  yank_reason?: string | null;
  signer?: Signer | null;
  statement?: string; // what the signature binds: "pack" all of it, "files" the files alone
}

export interface PackFile {
  path: string;
  size_bytes: number;
  digest: string;
  mode?: string | number;
}

/** What installing does outside of the pack's own folder; any of `when` has to hold, if there is one. */
export interface Wiring {
  act: string; // "link", "write", "merge", "block"
  path: string; // as the manifest has it: $HOME/...
  when?: string[];
}

export interface Version extends VersionSummary {
  files: PackFile[];
  wiring: Wiring[];
}

export interface PermissionLine {
  risk: string;
  area: string;
  text: string;
}

export interface Permissions {
  words?: PermissionLine[];
}

export interface User {
  login: string;
  display_name?: string | null;
  is_admin?: boolean;
}

export interface WhoAmI {
  user: User;
  organisations: { name: string; role: string }[];
  csrf?: string | null;
}

export interface PasswordChanged {
  sessions_ended: number;
  devices_denied: number;
  tokens_revoked: number;
  tokens_left: number;
}

export interface Token {
  id: string | number;
  name: string;
  scopes: string[];
  created_at: string;
  expires_at?: string | null;
  last_used_at?: string | null;
  prefix?: string | null;
}

export interface NewToken extends Token {
  token: string;
}

export interface DeviceRequest {
  user_code?: string;
  client: string;
  scopes: string[];
  requested_at: string;
  ip?: string | null;
}

export interface Organisation {
  name: string;
  display_name?: string | null;
  packages_count?: number;
  members_count?: number;
}

export interface SigningKey {
  key_id: string;
  name: string;
  algorithm: string;
  created_at: string;
  revoked_at?: string | null;
}

const base = "/api/v1";
let csrf: string | null = null;

/** The value that requests which change something must carry; whoami and sign-in tell it. */
export function rememberCsrf(value: string | null | undefined): void {
  csrf = value ?? null;
}

/** On the window when the registry no longer knows who this page's session is of. */
export const SESSION_CHANGED = "nono:session";

async function failure(answer: Response): Promise<ApiError> {
  try {
    const problem = (await answer.json()) as Problem;
    return new ApiError({ ...problem, status: answer.status });
  } catch {
    return new ApiError({ status: answer.status });
  }
}

/** The session ran out, or another page of this browser signed in anew and has another CSRF value. */
function sessionFault(path: string, error: ApiError): ApiError {
  const { status, detail } = error.problem;
  const stale = status === 403 && detail?.includes("X-Nono-CSRF");
  if (!stale && (status !== 401 || path === "/auth/login" || path === "/auth/whoami")) return error;
  window.dispatchEvent(new Event(SESSION_CHANGED));
  return stale ? new ApiError({ status, detail: "You signed in anew elsewhere in this browser.", hint: "Try again." }) : error;
}

async function call(method: string, path: string, body?: unknown): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET" && csrf) headers["X-Nono-CSRF"] = csrf;
  let answer: Response;
  try {
    answer = await fetch(base + path, {
      method,
      headers,
      credentials: "same-origin",
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new ApiError({ status: 0, detail: "The registry cannot be reached.", hint: "Check the connection and try again." });
  }
  if (!answer.ok) throw sessionFault(path, await failure(answer));
  return answer;
}

// They turn the direction of what follows, as which a path or a name is read as another: shown, and not obeyed.
const TURNS = /[\u2028-\u202e\u2066-\u2069]/g;

async function read<T>(answer: Response): Promise<T> {
  const text = await answer.text();
  return JSON.parse(text.replace(TURNS, (turn) => `\\\\u${turn.charCodeAt(0).toString(16)}`)) as T;
}

async function get<T>(path: string): Promise<T> {
  return read<T>(await call("GET", path));
}

async function send<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await call(method, path, body);
  return answer.status === 204 ? (undefined as T) : read<T>(answer);
}

const packPath = (ns: string, name: string) => `/packages/${encodeURIComponent(ns)}/${encodeURIComponent(name)}`;
const versionPath = (ns: string, name: string, version: string) => `${packPath(ns, name)}/versions/${encodeURIComponent(version)}`;

export const api = {
  search: (q: string, cursor?: string) =>
    get<SearchAnswer>(`/packages?q=${encodeURIComponent(q)}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`),
  pack: (ns: string, name: string) => get<Pack>(packPath(ns, name)),
  versions: (ns: string, name: string, cursor?: string) =>
    get<{ versions: VersionSummary[]; next_cursor?: string | null }>(
      `${packPath(ns, name)}/versions${cursor ? `?cursor=${encodeURIComponent(cursor)}` : ""}`,
    ),
  version: (ns: string, name: string, version: string) => get<Version>(versionPath(ns, name, version)),
  permissions: (ns: string, name: string, version: string) => get<Permissions>(`${versionPath(ns, name, version)}/permissions`),
  artifactUrl: (ns: string, name: string, version: string, path: string) =>
    `${base}${versionPath(ns, name, version)}/artifacts/${path.split("/").map(encodeURIComponent).join("/")}`,
  archiveUrl: (ns: string, name: string, version: string) => `${base}${versionPath(ns, name, version)}/archive`,

  /** The README as HTML that the registry has made safe, or null when the pack has none. */
  async readme(ns: string, name: string, version: string): Promise<string | null> {
    try {
      return await (await call("GET", `${versionPath(ns, name, version)}/readme`)).text();
    } catch (error) {
      if (error instanceof ApiError && error.problem.status === 404) return null;
      throw error;
    }
  },

  organisation: (ns: string) => get<Organisation>(`/organisations/${encodeURIComponent(ns)}`),
  organisationPacks: (ns: string, cursor?: string) =>
    get<SearchAnswer>(`/organisations/${encodeURIComponent(ns)}/packages${cursor ? `?cursor=${encodeURIComponent(cursor)}` : ""}`),
  organisationKeys: (ns: string) => get<{ keys: SigningKey[] }>(`/organisations/${encodeURIComponent(ns)}/keys`),

  login: (login: string, password: string) => send<{ user: User; csrf: string }>("POST", "/auth/login", { login, password }),
  logout: () => send<void>("POST", "/auth/logout"),
  whoami: () => get<WhoAmI>("/auth/whoami"),
  changePassword: (current: string, fresh: string, revoke_tokens: boolean) =>
    send<PasswordChanged>("POST", "/auth/password", { current, new: fresh, revoke_tokens }),
  makeOrganisation: (name: string) => send<Organisation>("POST", "/organisations", { name }),
  tokens: () => get<{ tokens: Token[] }>("/auth/tokens"),
  makeToken: (name: string, scopes: string[], expires_in_days: number | null) =>
    send<NewToken>("POST", "/auth/tokens", { name, scopes, ...(expires_in_days === null ? {} : { expires_in_days }) }),
  revokeToken: (id: string | number) => send<void>("DELETE", `/auth/tokens/${encodeURIComponent(String(id))}`),
  device: (code: string) => get<DeviceRequest>(`/auth/device/${encodeURIComponent(code)}`),
  decideDevice: (code: string, decision: "approve" | "deny") =>
    send<void>("POST", `/auth/device/${encodeURIComponent(code)}`, { decision }),
};
