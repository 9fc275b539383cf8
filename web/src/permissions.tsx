import type { PermissionLine } from "./api";
import { Path } from "./ui";

const areas: Record<string, string> = {
  files: "Files",
  network: "Network",
  programs: "Programs",
  environment: "Environment",
  credentials: "Credentials",
  hooks: "Hooks",
  other: "Other",
};

// What is said of many paths, hosts or variables is said once, with their names behind it.
const verbs = [
  "may read and change ", "may read ", "may write to ", "may run ", "may connect to ", "never touches ",
  "never connects to ", "variables: ",
];
const FEW = 12; // names that stand there at once; the rest unfolds

interface Said {
  risk: string;
  verb: string;
  names: string[];
}

/** Lines of one area, those of one verb and risk together, in the order of each first. */
export function fold(lines: PermissionLine[]): Said[] {
  const said: Said[] = [];
  for (const { risk, text } of lines) {
    const verb = verbs.find((start) => text.startsWith(start));
    const name = verb && text.slice(verb.length);
    if (!verb || !name || /^(the|any) /.test(name)) {
      said.push({ risk, verb: text, names: [] });
      continue;
    }
    const same = said.find((item) => item.risk === risk && item.verb === verb && item.names.length > 0);
    if (same) same.names.push(name);
    else said.push({ risk, verb, names: [name] });
  }
  return said;
}

const inCode = (names: string[]) => names.map((name) => <span key={name}><code><Path text={name} /></code> </span>);

export function Names({ names }: { names: string[] }) {
  const rest = names.slice(FEW);
  return (
    <>
      {inCode(names.slice(0, FEW))}
      {rest.length > 0 && (
        <details>
          <summary>and {rest.length} more</summary>
          {inCode(rest)}
        </details>
      )}
    </>
  );
}

function Line({ said }: { said: Said }) {
  return (
    <li class={`risk-${said.risk}`}>
      {said.risk === "grave" && <span class="risk-word">Careful: </span>}
      {said.verb} <Names names={said.names} />
    </li>
  );
}

export function PermissionLines({ lines }: { lines: PermissionLine[] }) {
  const groups = new Map<string, PermissionLine[]>();
  for (const line of lines) groups.set(line.area, [...(groups.get(line.area) ?? []), line]);
  if (lines.length === 0) return <p class="quiet">It asks for nothing beyond what every program needs to start.</p>;
  return (
    <div class="permissions">
      {[...groups].map(([area, items]) => (
        <section key={area}>
          <h3>{areas[area] ?? area}</h3>
          <ul>{fold(items).map((said) => <Line key={said.risk + said.verb + said.names[0]} said={said} />)}</ul>
        </section>
      ))}
    </div>
  );
}
