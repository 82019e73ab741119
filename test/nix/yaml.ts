/**
 * Reads the part of YAML that the workflow files keep to: block mappings and sequences, one-line scalars, quoted
 * strings, one-line flow sequences of scalars, literal blocks (`|`), comments. Whatever is outside of it is an error that
 * names the line, never a guess. Every scalar is a string, as written.
 */

/** A value: a scalar's text, a sequence, or a mapping. An empty value is "". */
export type Yaml = string | readonly Yaml[] | YamlMapping;

/** Keys in the order of the file. */
export interface YamlMapping {
  readonly [key: string]: Yaml;
}

interface Line {
  readonly number: number;
  readonly indent: number;
  /** Without its indentation; "" for blank lines. */
  readonly text: string;
}

/** `key: value` with the key plain or quoted; a colon inside of the key is not supported. */
const ENTRY = /^(?:"([^"\\]*)"|'([^']*)'|([^\s"'#:,[\]{}&*!|>%@`-][^:#]*?)):(?:\s+(.*))?$/;

class Reader {
  private lines: Line[];
  private position = 0;

  constructor(text: string) {
    this.lines = text.split("\n").map((raw, index) => {
      const line = raw.replace(/\s+$/, "");
      if (/^ *\t/.test(line)) throw new Error(`line ${index + 1}: a tab in the indentation`);
      const body = line.trimStart();
      return { number: index + 1, indent: line.length - body.length, text: body };
    });
  }

  document(): Yaml {
    const first = this.peek();
    if (first === undefined) return "";
    const value = this.block(first.indent);
    const rest = this.peek();
    if (rest !== undefined) throw this.wrong(rest, "does not line up with anything above it");
    return value;
  }

  private wrong(line: Line, what: string): Error {
    return new Error(`line ${line.number}: ${what}: ${line.text}`);
  }

  /** The next line that says something. */
  private peek(): Line | undefined {
    for (; ; this.position += 1) {
      const line = this.lines[this.position];
      if (line === undefined || (line.text !== "" && !line.text.startsWith("#"))) return line;
    }
  }

  private block(indent: number): Yaml {
    return /^-(\s|$)/.test(this.peek()?.text ?? "") ? this.sequence(indent) : this.mapping(indent);
  }

  private sequence(indent: number): readonly Yaml[] {
    const items: Yaml[] = [];
    for (let line = this.peek(); line?.indent === indent && /^-(\s|$)/.test(line.text); line = this.peek()) {
      const rest = line.text.slice(1).trimStart();
      if (rest !== "" && ENTRY.test(rest)) {
        // The mapping begins behind the dash: read that line as if the dash were a space.
        const inner = indent + line.text.length - rest.length;
        this.lines[this.position] = { number: line.number, indent: inner, text: rest };
        items.push(this.mapping(inner));
      } else {
        this.position += 1;
        items.push(this.value(rest, line, indent));
      }
    }
    return items;
  }

  private mapping(indent: number): YamlMapping {
    const entries = new Map<string, Yaml>();
    for (let line = this.peek(); line !== undefined && line.indent >= indent; line = this.peek()) {
      if (line.indent > indent) throw this.wrong(line, "is indented more than its neighbours");
      const entry = ENTRY.exec(line.text);
      if (!entry) throw this.wrong(line, "is no `key: value`");
      const key = entry[1] ?? entry[2] ?? entry[3] ?? "";
      if (entries.has(key)) throw this.wrong(line, "has a key for the second time");
      this.position += 1;
      entries.set(key, this.value(entry[4] ?? "", line, indent));
    }
    return Object.fromEntries(entries);
  }

  /** What stands behind a key or a dash of this indentation: on the same line, or below. */
  private value(text: string, line: Line, indent: number): Yaml {
    if (text === "|" || text === "|-") return this.literal(indent, text === "|");
    if (text !== "" && !text.startsWith("#")) return scalar(text, (what) => this.wrong(line, what));
    const next = this.peek();
    if (next === undefined || next.indent < indent) return "";
    // A sequence may stand right below its key.
    if (next.indent === indent) return /^-(\s|$)/.test(next.text) && line.text !== "-" ? this.sequence(indent) : "";
    return this.block(next.indent);
  }

  /** Lines as they are, without the indentation of the first; `|` ends with one newline. */
  private literal(indent: number, keepsNewline: boolean): string {
    const taken: string[] = [];
    let inner: number | undefined;
    for (let line = this.lines[this.position]; line !== undefined; line = this.lines[this.position]) {
      if (line.text !== "" && line.indent <= indent) break;
      if (line.text !== "") {
        inner ??= line.indent;
        if (line.indent < inner) throw this.wrong(line, "is indented less than the first line of its block");
      }
      taken.push(line.text === "" ? "" : " ".repeat(line.indent - (inner ?? 0)) + line.text);
      this.position += 1;
    }
    while (taken.at(-1) === "") taken.pop();
    return taken.join("\n") + (keepsNewline && taken.length > 0 ? "\n" : "");
  }
}

function scalar(text: string, wrong: (what: string) => Error): Yaml {
  if (text.startsWith("[")) {
    const inner = /^\[(.*)\](?:\s+#.*)?$/.exec(text)?.[1];
    if (inner === undefined) throw wrong("is a list that does not end on its line");
    const items = inner.match(/"[^"\\]*"|'[^']*'|[^,"'[\]{}]+/g) ?? [];
    const rest = inner.replaceAll(/"[^"\\]*"|'[^']*'|[^,"'[\]{}]+/g, "").replaceAll(",", "");
    if (rest !== "") throw wrong("is a list of more than scalars");
    return items
      .map((item) => item.trim())
      .filter((item) => item !== "")
      .map((item) => scalar(item, wrong));
  }
  const quoted = /^(?:"([^"\\]*)"|'([^']*)')(?:\s+#.*)?$/.exec(text);
  if (quoted) return quoted[1] ?? quoted[2] ?? "";
  const plain = text.replace(/\s+#.*$/, "");
  if (/^["'{}\]&*!|>%@`,?]/.test(plain) || /^-(\s|$)/.test(plain)) throw wrong("has a value that must be quoted");
  if (/:(\s|$)/.test(plain)) throw wrong("has a colon in a value that is not quoted");
  return plain;
}

/** Reads a file of the supported part of YAML; throws with the line's number where it is not. */
export function parseYaml(text: string): Yaml {
  return new Reader(text).document();
}
