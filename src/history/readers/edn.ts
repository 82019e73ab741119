/**
 * EDN, the data notation of Clojure, as plain values: keywords, symbols and characters become strings, nil null, vectors,
 * lists and sets arrays, maps objects (keys that are no names become their JSON), whole numbers beyond 2^53 bigints,
 * ratios text. Tags are dropped, so that a record is its map; comments, metadata and `#_` forms are skipped.
 *
 * Written for histories of a gigabyte: one pass over the characters, and exact where general libraries round.
 */
import { stringifyExact } from "../exact-json.ts";
import { valueText } from "../value.ts";

/** Levels of nesting that are followed. */
const DEPTH_MAX = 500;

/** What is wrong with a text, and at which character. */
export class EdnError extends Error {
  readonly position: number;

  constructor(reason: string, position: number) {
    super(reason);
    this.name = "EdnError";
    this.position = position;
  }
}

/** The text ends in the middle of a form; with more of it, the form may be whole. */
export class EdnIncomplete extends EdnError {}

const NAMED_CHARACTERS: Readonly<Record<string, string>> = {
  newline: "\n",
  space: " ",
  tab: "\t",
  return: "\r",
  formfeed: "\f",
  backspace: "\b",
};

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", f: "\f", b: "\b" };

const INTEGER = /^[+-]?\d+N?$/;
const FLOAT = /^[+-]?\d+(\.\d*)?([eE][+-]?\d+)?M?$/;
const SPECIAL_FLOATS: Readonly<Record<string, number>> = {
  "##Inf": Number.POSITIVE_INFINITY,
  "##-Inf": Number.NEGATIVE_INFINITY,
  "##NaN": Number.NaN,
};

/** Characters that end a token. */
const DELIMITERS = new Uint8Array(128);
for (const character of ' \t\n\r\f\v,;"()[]{}') DELIMITERS[character.charCodeAt(0)] = 1;
/** Characters between forms. */
const BLANKS = new Uint8Array(128);
for (const character of " \t\n\r\f\v,") BLANKS[character.charCodeAt(0)] = 1;

/** The value of a text that holds one form. Throws EdnError. */
export function parseEdn(text: string): unknown {
  const reader = new EdnReader(text, true);
  reader.skipBlanks();
  const value = reader.read();
  reader.skipBlanks();
  if (reader.position < text.length) throw new EdnError("something follows where one form should be", reader.position);
  return value;
}

/** Reads one form after the other from a text. `ended`: nothing will follow the text. */
export class EdnReader {
  position = 0;
  private readonly text: string;
  private readonly ended: boolean;

  constructor(text: string, ended: boolean) {
    this.text = text;
    this.ended = ended;
  }

  /** Skips whitespace, commas, comments and `#_` forms. Throws EdnIncomplete when the text ends within a comment. */
  skipBlanks(depth = 0): void {
    const { text } = this;
    for (;;) {
      const code = text.charCodeAt(this.position);
      if (code < 128 && BLANKS[code] === 1) {
        this.position++;
      } else if (code === 59 /* ; */) {
        const end = text.indexOf("\n", this.position);
        if (end < 0 && !this.ended) throw this.incomplete();
        this.position = end < 0 ? text.length : end + 1;
      } else if (code === 35 /* # */ && text.charCodeAt(this.position + 1) === 95 /* _ */) {
        if (depth > DEPTH_MAX) throw this.tooDeep();
        this.position += 2;
        this.skipBlanks(depth + 1);
        this.read(depth + 1);
      } else {
        return;
      }
    }
  }

  /** The form at the position, which is then behind it. Throws EdnError, and EdnIncomplete when the text is too short. */
  read(depth = 0): unknown {
    if (depth > DEPTH_MAX) throw this.tooDeep();
    const { text } = this;
    switch (text.charCodeAt(this.position)) {
      case 34 /* " */:
        return this.readString();
      case 40 /* ( */:
        return this.readSequence(")", depth);
      case 91 /* [ */:
        return this.readSequence("]", depth);
      case 123 /* { */:
        return this.readMap("", depth);
      case 35 /* # */:
        return this.readDispatch(depth);
      case 94 /* ^ */:
        this.position++;
        this.readNext(depth);
        return this.readNext(depth);
      case 92 /* \ */:
        return this.readCharacter();
      case 41 /* ) */:
      case 93 /* ] */:
      case 125 /* } */:
        throw new EdnError(`a ${text[this.position]} closes what was not opened`, this.position);
      default:
        if (this.position >= text.length) throw this.incomplete();
        return this.readAtom();
    }
  }

  private readNext(depth: number): unknown {
    this.skipBlanks(depth);
    return this.read(depth + 1);
  }

  private readSequence(closer: string, depth: number): unknown[] {
    const { text } = this;
    const out: unknown[] = [];
    this.position++;
    for (;;) {
      this.skipBlanks(depth);
      if (text[this.position] === closer) {
        this.position++;
        return out;
      }
      out.push(this.read(depth + 1));
    }
  }

  private readMap(namespace: string, depth: number): Record<string, unknown> {
    const { text } = this;
    const out: Record<string, unknown> = {};
    this.position++;
    for (;;) {
      this.skipBlanks(depth);
      if (text.charCodeAt(this.position) === 125 /* } */) {
        this.position++;
        return out;
      }
      const isKeyword = text.charCodeAt(this.position) === 58; /* : */
      const name = keyName(this.read(depth + 1));
      const key = namespace !== "" && isKeyword && !name.includes("/") ? `${namespace}/${name}` : name;
      this.skipBlanks(depth);
      if (text.charCodeAt(this.position) === 125 /* } */)
        throw new EdnError(`a map's key ${key} has no value`, this.position);
      const value = this.read(depth + 1);
      if (key === "__proto__")
        Object.defineProperty(out, key, { value, enumerable: true, configurable: true, writable: true });
      else out[key] = value;
    }
  }

  /** What begins with `#`: a set, a special float, a map with a namespace, or a tag in front of a form. */
  private readDispatch(depth: number): unknown {
    const { text } = this;
    switch (text.charCodeAt(this.position + 1)) {
      case 123 /* { */:
        this.position++;
        // a set has no order: the same set, written in another one, is the same value
        return this.readSequence("}", depth)
          .map((element) => ({ element, text: valueText(element) }))
          .sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0))
          .map(({ element }) => element);
      case 35 /* # */:
        {
          const token = this.token();
          const value = SPECIAL_FLOATS[token];
          if (value === undefined) throw new EdnError(`${token} is no number`, this.position - token.length);
          return value;
        }
      case 58 /* : */:
        {
          const token = this.token();
          this.skipBlanks(depth);
          if (text.charCodeAt(this.position) === 123 /* { */) return this.readMap(token.slice(2), depth);
          throw this.position >= text.length
            ? this.incomplete()
            : new EdnError(`no map follows ${token}`, this.position);
        }
      default:
        this.token();
        return this.readNext(depth);
    }
  }

  private readString(): string {
    const { text } = this;
    const start = this.position;
    let end = text.indexOf('"', start + 1);
    if (end < 0) throw this.incomplete();
    const plain = text.slice(start + 1, end);
    if (!plain.includes("\\")) {
      this.position = end + 1;
      return detached(plain);
    }
    let out = "";
    let from = start + 1;
    for (let at = from; ; ) {
      at = text.indexOf("\\", at);
      end = text.indexOf('"', from);
      if (end < 0) throw this.incomplete();
      if (at < 0 || at > end) break;
      out += text.slice(from, at);
      const [character, length] = this.escape(at + 1);
      out += character;
      from = at + 1 + length;
      at = from;
    }
    this.position = end + 1;
    return out + text.slice(from, end);
  }

  /** The character of the escape sequence after a backslash, and the sequence's length. */
  private escape(at: number): readonly [string, number] {
    const { text } = this;
    const letter = text[at];
    if (letter === undefined) throw this.incomplete();
    if (letter === "u") {
      const hex = text.slice(at + 1, at + 5);
      if (hex.length < 4) throw this.incomplete();
      if (!/^[0-9a-fA-F]{4}$/.test(hex)) throw new EdnError("an escape in a string is broken", at);
      return [String.fromCharCode(Number.parseInt(hex, 16)), 5];
    }
    return [ESCAPES[letter] ?? letter, 1];
  }

  private readCharacter(): string {
    const start = this.position;
    // The first character after the backslash belongs to it even if it is a delimiter.
    this.position += 2;
    if (this.position > this.text.length) throw this.incomplete();
    const name = this.text[start + 1] + this.token();
    if (name.length === 1) return name;
    const named = NAMED_CHARACTERS[name];
    if (named !== undefined) return named;
    if (/^u[0-9a-fA-F]{4}$/.test(name)) return String.fromCharCode(Number.parseInt(name.slice(1), 16));
    if (/^o[0-7]{1,3}$/.test(name)) return String.fromCharCode(Number.parseInt(name.slice(1), 8));
    if ([...name].length === 1) return name;
    throw new EdnError(`\\${name} is no character`, start);
  }

  private readAtom(): unknown {
    const start = this.position;
    const token = this.token();
    const code = token.charCodeAt(0);
    if (code === 58 /* : */) {
      if (token.length === 1) throw new EdnError("a keyword has no name", start);
      return detached(token.slice(1));
    }
    const next = code === 43 || code === 45 /* + - */ ? token.charCodeAt(1) : code;
    if (next >= 48 && next <= 57) return numberOf(token, start);
    if (token === "nil") return null;
    if (token === "true") return true;
    return token === "false" ? false : detached(token);
  }

  /** The characters up to the next delimiter. */
  private token(): string {
    const { text } = this;
    const start = this.position;
    let end = start;
    for (; end < text.length; end++) {
      const code = text.charCodeAt(end);
      if (code < 128 && DELIMITERS[code] === 1) break;
    }
    if (end === text.length && !this.ended) throw this.incomplete();
    this.position = end;
    return text.slice(start, end);
  }

  private tooDeep(): EdnError {
    return new EdnError(`values are nested deeper than ${DEPTH_MAX} levels`, this.position);
  }

  private incomplete(): EdnIncomplete {
    return new EdnIncomplete("it ends in the middle of a form", this.position);
  }
}

/** A copy: V8 keeps the whole text in memory for the sake of any longer piece that was cut out of it. */
function detached(piece: string): string {
  return piece.length < 13 ? piece : ` ${piece}`.slice(1);
}

/** Decimal digits that every number holds. */
const EXACT_DIGITS = 15;

function keyName(key: unknown): string {
  return typeof key === "string" ? key : (stringifyExact(key) as string);
}

function numberOf(token: string, position: number): unknown {
  if (INTEGER.test(token)) {
    const digits = token.endsWith("N") ? token.slice(0, -1) : token;
    const number = Number(digits);
    return Number.isSafeInteger(number) ? number : BigInt(digits.replace("+", ""));
  }
  if (FLOAT.test(token)) {
    // an exact decimal of more digits than a number holds stays as it is written
    const isLong = token.endsWith("M") && token.replace(/^[+-]?0*\.?0*|[eE].*$|\D/g, "").length > EXACT_DIGITS;
    return isLong ? token : Number.parseFloat(token);
  }
  // A ratio has no number that equals it.
  if (/^[+-]?\d+\/\d+$/.test(token)) return token;
  throw new EdnError(`${token} is no number`, position);
}
