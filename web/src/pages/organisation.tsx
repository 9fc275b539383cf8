import { api } from "../api";
import { Pages } from "../pages";
import { useTitle } from "../router";
import { Badge, Digest, Show, Time, useLoad } from "../ui";
import { PackList } from "./search";

function Keys({ name }: { name: string }) {
  const loaded = useLoad(name, () => api.organisationKeys(name));
  return (
    <section aria-labelledby="keys">
      <h2 id="keys">Signing keys</h2>
      <Show of={loaded}>
        {({ keys }) =>
          keys.length === 0 ? (
            <p class="quiet">No key has been registered.</p>
          ) : (
            <div class="table" tabIndex={0} role="group" aria-labelledby="keys">
              <table>
                <thead><tr><th scope="col">Name</th><th scope="col">Algorithm</th><th scope="col">Key id</th><th scope="col">Registered</th></tr></thead>
                <tbody>
                  {keys.map((key) => (
                    <tr key={key.key_id}>
                      <td class="name">{key.name} {key.revoked_at && <Badge kind="bad">revoked</Badge>}</td>
                      <td>{key.algorithm}</td>
                      <td><Digest text={key.key_id} /></td>
                      <td><Time at={key.created_at} /></td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Show>
    </section>
  );
}

export function OrganisationPage({ name }: { name: string }) {
  useTitle(name);
  const organisation = useLoad(name, () => api.organisation(name));
  return (
    <Show of={organisation}>
      {(found) => (
        <>
          <h1>{found.display_name || found.name}</h1>
          {found.display_name && found.display_name !== found.name && <p class="lead">{found.name}</p>}
          <section aria-labelledby="packs">
            <h2 id="packs">Packs</h2>
            <Pages of={name} load={(cursor) => api.organisationPacks(name, cursor)} items={(answer) => answer.packages} focus=".pack-name">
              {(packs) => (packs.length ? <PackList packs={packs} /> : <p class="quiet">Nothing has been published.</p>)}
            </Pages>
          </section>
          <Keys name={name} />
        </>
      )}
    </Show>
  );
}
