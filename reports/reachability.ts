/** Reachability matrices in a fault's evidence: which node hears which, told apart by direction. */

/** One direction between two nodes. */
export interface Link {
  readonly from: string;
  readonly to: string;
  /** Whether what `from` sends arrives at `to`; undefined when it was not measured. */
  readonly measured: boolean | undefined;
  /** Whether it was meant to arrive; undefined when the evidence does not say. */
  readonly asked: boolean | undefined;
}

/** A from × to grid: `rows[i][j]` is from `nodes[i]` to `nodes[j]`, undefined on the diagonal. */
export interface Reachability {
  readonly nodes: readonly string[];
  readonly rows: readonly (readonly (Link | undefined)[])[];
}

type Matrix = ReadonlyMap<string, ReadonlyMap<string, boolean>>;

/** Nodes in a grid; larger ones could not be read. */
const NODES_MAX = 25;

/** `{ n1: { n2: true } }` as a map; undefined when it is anything else. */
function matrixOf(value: unknown): Matrix | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const rows = Object.entries(value).map(([from, row]) => {
    if (typeof row !== "object" || row === null || Array.isArray(row)) return undefined;
    const cells = Object.entries(row).filter((cell): cell is [string, boolean] => typeof cell[1] === "boolean");
    return [from, new Map(cells)] as const;
  });
  const whole = rows.filter((row) => row !== undefined);
  return whole.length === 0 || whole.length < rows.length ? undefined : new Map(whole);
}

function gridOf(measured: Matrix, asked: Matrix | undefined): Reachability {
  const names = new Set([...measured].flatMap(([from, row]) => [from, ...row.keys()]));
  const nodes = [...names].sort((a, b) => a.localeCompare(b, "en", { numeric: true })).slice(0, NODES_MAX);
  const link = (from: string, to: string): Link | undefined =>
    from === to ? undefined : { from, to, measured: measured.get(from)?.get(to), asked: asked?.get(from)?.get(to) };
  return { nodes, rows: nodes.map((from) => nodes.map((to) => link(from, to))) };
}

/** A grudge (for each node, whom it does not hear) as what was asked of every direction. */
function askedBy(grudge: unknown, measured: Matrix): Matrix | undefined {
  if (typeof grudge !== "object" || grudge === null) return undefined;
  const drops = (from: string, to: string) => {
    const dropped = (grudge as Readonly<Record<string, unknown>>)[to];
    return Array.isArray(dropped) && dropped.includes(from);
  };
  return new Map(
    Array.from(measured, ([from, row]) => [from, new Map(Array.from(row.keys(), (to) => [to, !drops(from, to)]))]),
  );
}

/**
 * The grid in an evidence's details: `reachability` (from → to → whether it arrived), beside the `grudge` that was
 * asked for. Undefined when the evidence holds no matrix.
 */
export function reachabilityOf(details: unknown): Reachability | undefined {
  if (typeof details !== "object" || details === null) return undefined;
  const { reachability, grudge } = details as Readonly<Record<string, unknown>>;
  const matrix = matrixOf(reachability);
  return matrix && gridOf(matrix, askedBy(grudge, matrix));
}

/** Whether a link was measured to be other than it was meant to be. */
export function differs({ measured, asked }: Link): boolean {
  return asked !== undefined && measured !== asked;
}

/** A link in words: `n1 → n2: cut, as asked`. */
export function linkText(link: Link): string {
  const state = link.measured === undefined ? "not measured" : link.measured ? "arrives" : "cut";
  const wish =
    link.asked === undefined ? "" : differs(link) ? `, but ${link.asked ? "open" : "cut"} was asked` : ", as asked";
  return `${link.from} → ${link.to}: ${state}${wish}`;
}

/** A grid in a line: `8 of 20 directions cut`. */
export function gridText({ rows }: Reachability): string {
  const links = rows.flat().filter((link) => link !== undefined);
  const cut = links.filter(({ measured }) => measured === false).length;
  const wrong = links.filter(differs).length;
  const odd = wrong === 0 ? "" : `, ${wrong} other than asked`;
  return `${cut} of ${links.length} directions cut${odd}`;
}
