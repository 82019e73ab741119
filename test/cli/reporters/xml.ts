/** A strict reader for the small part of XML 1.0 that reports use, and the common JUnit schema as a structure to hold them against. */

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

function decode(raw: string): string {
  if (/&(?!(?:lt|gt|amp|quot|apos|#\d+);)/.test(raw)) throw new Error(`a bare & in ${raw.slice(0, 80)}`);
  return raw.replaceAll(/&(?:#(\d+)|(\w+));/g, (_all, code: string | undefined, name: string) =>
    code === undefined ? (ENTITIES[name] ?? "") : String.fromCodePoint(Number(code)),
  );
}

/** Parses a document of one element. Throws on whatever is not well-formed, and on characters that XML cannot hold. */
export function parseXml(source: string): XmlElement {
  for (const character of source) {
    const code = character.codePointAt(0) ?? 0;
    const legal =
      code === 9 ||
      code === 10 ||
      code === 13 ||
      (code >= 0x20 && code < 0xd800) ||
      (code > 0xdfff && code < 0xfffe) ||
      code > 0xffff;
    if (!legal) throw new Error(`character ${code.toString(16)} is none of XML's`);
  }
  const declaration = /^<\?xml version="1\.0" encoding="UTF-8"\?>\n/.exec(source)?.[0];
  if (declaration === undefined) throw new Error("no declaration");
  interface Open {
    name: string;
    attributes: Record<string, string>;
    children: XmlElement[];
    text: string;
  }
  const stack: Open[] = [{ name: "", attributes: {}, children: [], text: "" }];
  const top = () => stack[stack.length - 1] as Open;
  const token = /<\/([\w-]+)>|<([\w-]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/gy;
  token.lastIndex = declaration.length;
  while (token.lastIndex < source.length) {
    const at = token.lastIndex;
    const match = token.exec(source);
    if (!match) throw new Error(`not well-formed at: ${source.slice(at, at + 80)}`);
    const [, closes, opens, attributes = "", selfClosing, text] = match;
    if (text !== undefined) {
      if (text.includes("]]>")) throw new Error("]]> in text");
      top().text += decode(text);
    } else if (closes !== undefined) {
      const done = stack.pop() as Open;
      if (done.name !== closes) throw new Error(`</${closes}> closes <${done.name}>`);
      top().children.push(done);
    } else {
      const pairs = [...attributes.matchAll(/([\w:-]+)="([^"]*)"/g)].map(
        ([, key = "", value = ""]) => [key, decode(value)] as const,
      );
      if (new Set(pairs.map(([key]) => key)).size < pairs.length) throw new Error(`an attribute twice in <${opens}>`);
      const element: Open = { name: opens ?? "", attributes: Object.fromEntries(pairs), children: [], text: "" };
      if (selfClosing === "/") top().children.push(element);
      else stack.push(element);
    }
  }
  const [document] = stack;
  if (stack.length > 1 || document?.children.length !== 1 || document.text.trim() !== "")
    throw new Error("not one element");
  return document.children[0] as XmlElement;
}

interface ElementRule {
  readonly required: Readonly<Record<string, RegExp>>;
  readonly optional: Readonly<Record<string, RegExp>>;
  /** Children in the order that the schema's sequence has, each with the most there may be. */
  readonly children: readonly (readonly [name: string, most: number])[];
  readonly holdsText: boolean;
}

const ANY = /[\s\S]*/;
const COUNT = /^\d+$/;
const SECONDS = /^\d+(\.\d+)?$/;
const MANY = Number.POSITIVE_INFINITY;

/** The schema that Jenkins' xUnit plug-in, GitLab and most others read. */
const RULES: Readonly<Record<string, ElementRule>> = {
  testsuites: {
    required: {},
    optional: { name: ANY, time: SECONDS, tests: COUNT, failures: COUNT, disabled: COUNT, errors: COUNT },
    children: [["testsuite", MANY]],
    holdsText: false,
  },
  testsuite: {
    required: { name: /./, tests: COUNT },
    optional: {
      failures: COUNT,
      errors: COUNT,
      skipped: COUNT,
      disabled: COUNT,
      time: SECONDS,
      timestamp: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/,
      hostname: ANY,
      id: ANY,
      package: ANY,
    },
    children: [
      ["properties", 1],
      ["testcase", MANY],
      ["system-out", 1],
      ["system-err", 1],
    ],
    holdsText: false,
  },
  properties: { required: {}, optional: {}, children: [["property", MANY]], holdsText: false },
  property: { required: { name: /./, value: ANY }, optional: {}, children: [], holdsText: false },
  testcase: {
    required: { name: /./, classname: ANY },
    optional: { time: SECONDS, status: ANY, assertions: COUNT },
    children: [
      ["skipped", 1],
      ["error", MANY],
      ["failure", MANY],
      ["system-out", MANY],
      ["system-err", MANY],
    ],
    holdsText: false,
  },
  failure: { required: {}, optional: { type: ANY, message: ANY }, children: [], holdsText: true },
  error: { required: {}, optional: { type: ANY, message: ANY }, children: [], holdsText: true },
  "system-out": { required: {}, optional: {}, children: [], holdsText: true },
  "system-err": { required: {}, optional: {}, children: [], holdsText: true },
};

/** What of a document the schema forbids; [] when it is valid. Counts must agree with what is there. */
export function junitProblems(element: XmlElement, path = element.name): readonly string[] {
  const rule = RULES[element.name];
  if (!rule) return [`${path}: no such element`];
  const problems: string[] = [];
  for (const name of Object.keys(rule.required))
    if (!(name in element.attributes)) problems.push(`${path}: no ${name}`);
  for (const [name, value] of Object.entries(element.attributes)) {
    const form = rule.required[name] ?? rule.optional[name];
    if (!form?.test(value)) problems.push(`${path}: ${name}="${value}"`);
  }
  const order = rule.children.map(([name]) => name);
  const places = element.children.map((child) => order.indexOf(child.name));
  if (places.includes(-1) || places.some((place, i) => place < (places[i - 1] ?? 0)))
    problems.push(`${path}: children ${element.children.map((child) => child.name).join(" ")}`);
  for (const [name, most] of rule.children)
    if (element.children.filter((child) => child.name === name).length > most)
      problems.push(`${path}: too many ${name}`);
  if (!rule.holdsText && element.text.trim() !== "") problems.push(`${path}: text`);
  const cases = casesIn(element);
  const counted = { tests: cases.length, failures: withChild(cases, "failure"), errors: withChild(cases, "error") };
  for (const [name, count] of Object.entries(counted))
    if (element.name.startsWith("testsuite") && Number(element.attributes[name] ?? count) !== count)
      problems.push(`${path}: ${name} is not ${count}`);
  return [...problems, ...element.children.flatMap((child) => junitProblems(child, `${path}/${child.name}`))];
}

function casesIn(element: XmlElement): readonly XmlElement[] {
  return element.name === "testcase" ? [element] : element.children.flatMap(casesIn);
}

function withChild(cases: readonly XmlElement[], name: string): number {
  return cases.filter((each) => each.children.some((child) => child.name === name)).length;
}
