import type { Wiring } from "./api";
import { Names } from "./permissions";

// The acts that `nono pull` asks about.
const acts: Record<string, string> = { link: "link", write: "write", merge: "merge into", block: "put a block into" };

interface Done {
  act: string;
  when: string[];
  paths: string[];
}

/** Directives of one act and condition together, in the order of each first. */
function fold(wiring: Wiring[]): Done[] {
  const done: Done[] = [];
  for (const { act, path, when = [] } of wiring) {
    const same = done.find((item) => item.act === act && item.when.join("\n") === when.join("\n"));
    if (!same) done.push({ act, when, paths: [path] });
    else if (!same.paths.includes(path)) same.paths.push(path);
  }
  return done;
}

function If({ when }: { when: string[] }) {
  if (when.length === 0) return null;
  const said = when.map((one, i) => (
    <span key={one}>{i > 0 && " or "}{one.startsWith("!") && "not "}<code>{one.replace(/^!/, "")}</code></span>
  ));
  return <>if {said}, </>;
}

/** What installing a pack does where it does not live itself. */
export function WiringLines({ wiring }: { wiring: Wiring[] }) {
  if (wiring.length === 0) return <p class="quiet">Installing it changes nothing there.</p>;
  return (
    <div class="permissions">
      <section>
        <h3>Installing it will</h3>
        <ul>
          {fold(wiring).map(({ act, when, paths }) => (
            <li key={[act, ...when].join("\n")} class="risk-notable">
              <If when={when} />{acts[act] ?? act} <Names names={paths} />
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}
