import { ApiError, api, type Pack, type Version } from "../api";
import { Link, useTitle } from "../router";
import { Pages } from "../pages";
import { PermissionLines } from "../permissions";
import { WiringLines } from "../wiring";
import { Badge, Command, Digest, Path, Show, Time, size, useLoad } from "../ui";

/** The README's own headings go below the page's, and what may scroll sideways can be reached by keyboard. */
function fit(html: string): string {
  return html
    .replace(/<(\/?)h([1-6])>/g, (_, slash: string, level: string) => `<${slash}h${Math.min(6, Number(level) + 2)}>`)
    .replace(/<(pre|table)>/g, '<$1 tabindex="0">');
}

/** Both come at once, so that nothing moves under the reader. */
function Overview({ pack, version }: { pack: Pack; version: Version }) {
  const { namespace, name } = pack;
  const loaded = useLoad(`${namespace}/${name}@${version.version}`, () =>
    Promise.all([api.permissions(namespace, name, version.version), api.readme(namespace, name, version.version)]));
  return (
    <Show of={loaded}>
      {([permissions, readme]) => (
        <>
          <section aria-labelledby="permissions">
            <h2 id="permissions">What it may touch</h2>
            <PermissionLines lines={permissions.words ?? []} />
          </section>
          <section aria-labelledby="wiring">
            <h2 id="wiring">Outside its own folder</h2>
            <WiringLines wiring={version.wiring} />
          </section>
          <section aria-labelledby="readme">
            <h2 id="readme">README</h2>
            {readme ? <div class="readme" dangerouslySetInnerHTML={{ __html: fit(readme) }} /> : <p class="quiet">This version has no README that can be shown.</p>}
          </section>
        </>
      )}
    </Show>
  );
}

function VersionsPart({ pack }: { pack: Pack }) {
  const { namespace, name } = pack;
  return (
    <section aria-labelledby="versions">
      <h2 id="versions">Versions</h2>
      <Pages of={`${namespace}/${name}`} load={(cursor) => api.versions(namespace, name, cursor)} items={(answer) => answer.versions} focus="tbody a">
        {(versions) => (
          <div class="table" tabIndex={0} role="group" aria-labelledby="versions">
            <table>
              <thead><tr><th scope="col">Version</th><th scope="col">Published</th><th scope="col">By</th><th scope="col">Size</th><th scope="col">Digest</th></tr></thead>
              <tbody>
                {versions.map((version) => (
                  <tr key={version.version}>
                    <td>
                      <Link href={`/packages/${namespace}/${name}/v/${version.version}`}>{version.version}</Link>{" "}
                      {version.yanked && <Badge kind="bad">yanked</Badge>}
                    </td>
                    <td><Time at={version.published_at} /></td>
                    <td>{version.published_by ?? ""}</td>
                    <td>{size(version.size_bytes)}</td>
                    <td><Digest text={version.digest} /></td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Pages>
    </section>
  );
}

function FilesPart({ pack, version }: { pack: Pack; version: Version }) {
  return (
    <section aria-labelledby="files">
      <h2 id="files">Files</h2>
      <div class="table" tabIndex={0} role="group" aria-labelledby="files">
        <table>
          <thead><tr><th scope="col">File</th><th scope="col">Size</th><th scope="col">SHA-256</th></tr></thead>
          <tbody>
            {version.files.map((file) => (
              <tr key={file.path}>
                <td><a href={api.artifactUrl(pack.namespace, pack.name, version.version, file.path)}><Path text={file.path} /></a></td>
                <td>{size(file.size_bytes)}</td>
                <td><Digest text={file.digest} /></td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Fact({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return <div><dt>{name}</dt><dd>{children}</dd></div>;
}

function Facts({ pack, version }: { pack: Pack; version: Version }) {
  return (
    <aside aria-label="About this version">
      <dl class="facts">
        <Fact name="Signed by">
          {version.signer ? (
            <>
              {version.signer.name ?? version.signer.kind} {version.signer.revoked && <Badge kind="bad">revoked</Badge>}
              {version.signer.key_id && <><br /><Digest text={version.signer.key_id} /></>}
              {version.statement === "files" && <><br /><span class="quiet">for its files, not for its name and version</span></>}
            </>
          ) : "not signed"}
        </Fact>
        <Fact name="Published"><Time at={version.published_at} />{version.published_by && ` by ${version.published_by}`}</Fact>
        <Fact name="Archive"><a href={api.archiveUrl(pack.namespace, pack.name, version.version)}>{size(version.size_bytes)}</a><br /><Digest text={version.digest} /></Fact>
        {pack.downloads !== undefined && <Fact name="Downloads">{pack.downloads.toLocaleString()}</Fact>}
        {pack.license && <Fact name="Licence">{pack.license}</Fact>}
        {pack.homepage?.startsWith("https://") && <Fact name="Home page"><a href={pack.homepage} rel="noreferrer nofollow">{pack.homepage.slice(8)}</a></Fact>}
        {pack.repository?.startsWith("https://") && <Fact name="Source"><a href={pack.repository} rel="noreferrer nofollow">{pack.repository.slice(8)}</a></Fact>}
        <Fact name="Organisation"><Link href={`/organisations/${pack.namespace}`}>{pack.namespace}</Link></Fact>
      </dl>
    </aside>
  );
}

function Tabs({ base, part, version }: { base: string; part: string; version: Version }) {
  const tabs = [["", "Overview"], ["versions", "Versions"], ["files", `Files (${version.files.length})`]] as const;
  return (
    <nav class="tabs" aria-label="Parts of this pack">
      {tabs.map(([name, title]) => (
        <Link key={name} href={name ? `${base}/${name}` : base} current={part === name}>{title}</Link>
      ))}
    </nav>
  );
}

function PackVersion({ pack, version, base, part }: { pack: Pack; version: Version; base: string; part: string }) {
  const reference = `${pack.namespace}/${pack.name}${version.version === pack.latest_version ? "" : `@${version.version}`}`;
  return (
    <>
      <div class="pack-head">
        <h1>
          <Link href={`/organisations/${pack.namespace}`} class="ns">{pack.namespace}</Link>
          <span class="slash">/</span>{pack.name} <span class="version">{version.version}</span>
          {pack.visibility && pack.visibility !== "public" && <Badge kind="private">{pack.visibility}</Badge>}
        </h1>
        {pack.description && <p class="lead">{pack.description}</p>}
        {pack.keywords && pack.keywords.length > 0 && (
          <p class="keywords">{[...new Set(pack.keywords)].map((word) => <Link key={word} href={`/?q=${encodeURIComponent(word)}`} class="badge">{word}</Link>)}</p>
        )}
        {version.yanked && (
          <div class="notice bad" role="alert">
            <p><strong>This version was yanked.</strong> {version.yank_reason}</p>
            <p>
              It can no longer be pulled
              {pack.latest_version ? <>; <Link href={`/packages/${pack.namespace}/${pack.name}`}>{pack.latest_version}</Link> is the newest that can.</> : "."}
            </p>
          </div>
        )}
        {!version.yanked && <Command text={`nono pull ${reference}`} />}
      </div>
      <Tabs base={base} part={part} version={version} />
      <div class="columns">
        <div class="content">
          {part === "" && <Overview pack={pack} version={version} />}
          {part === "versions" && <VersionsPart pack={pack} />}
          {part === "files" && <FilesPart pack={pack} version={version} />}
        </div>
        <Facts pack={pack} version={version} />
      </div>
    </>
  );
}

/** null when the pack, which is there, has none of this number. */
async function versionOf(ns: string, name: string, version: string): Promise<Version | null> {
  try {
    return await api.version(ns, name, version);
  } catch (error) {
    if (error instanceof ApiError && error.problem.status === 404) return null;
    throw error;
  }
}

// /packages/NS/NAME[/v/VERSION][/versions|/files]
export function PackPage({ ns, name, rest }: { ns: string; name: string; rest: string[] }) {
  const named = rest[0] === "v" ? rest[1] : undefined;
  const part = (named === undefined ? rest[0] : rest[2]) ?? "";
  const parts: Record<string, string> = { versions: "Versions of ", files: "Files of " };
  useTitle(`${parts[part] ?? ""}${ns}/${name}${named === undefined ? "" : ` ${named}`}`);
  const base = `/packages/${ns}/${name}${named === undefined ? "" : `/v/${named}`}`;
  const loaded = useLoad(`${ns}/${name}@${named ?? ""}`, async () => {
    const pack = await api.pack(ns, name);
    const wanted = named ?? pack.latest_version;
    return { pack, version: wanted ? await versionOf(ns, name, wanted) : null };
  });
  return (
    <Show of={loaded}>
      {({ pack, version }) =>
        version ? (
          <PackVersion pack={pack} version={version} base={base} part={part} />
        ) : (
          <>
            <h1>{ns}/{name}</h1>
            <div class="notice" role="alert">
              <p>{named === undefined ? "Every version of this pack has been yanked." : <>This pack has no version <strong>{named}</strong>.</>}</p>
            </div>
            <VersionsPart pack={pack} />
          </>
        )
      }
    </Show>
  );
}
