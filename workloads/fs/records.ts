/** Values as bytes whose damage shows: number, checksum, newline; always 16 bytes, so that one write never crosses a page. */

const DIGITS = 8;
const CHECK_DIGITS = 6;
const RECORD = new RegExp(`^(\\d{${DIGITS}}):([0-9a-f]{${CHECK_DIGITS}})$`);
/** Characters of a damaged record that are shown. */
const SHOWN_MAX = 64;

/** Bytes of one record. */
export const RECORD_BYTES = DIGITS + 1 + CHECK_DIGITS + 1;
/** Values are whole numbers from 0 to this. */
export const VALUE_MAX = 10 ** DIGITS - 1;

/** FNV-1a, folded to 24 bits. */
function checksum(digits: string): string {
  let hash = 0x811c9dc5;
  for (const character of digits) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  return (((hash >>> 24) ^ hash) & 0xffffff).toString(16).padStart(CHECK_DIGITS, "0");
}

/** A value as one record, newline included. Throws RangeError for a value that does not fit. */
export function encodeRecord(value: number): string {
  if (!Number.isInteger(value) || value < 0 || value > VALUE_MAX) {
    throw new RangeError(`A record holds a whole number from 0 to ${VALUE_MAX}, not ${value}.`);
  }
  const digits = String(value).padStart(DIGITS, "0");
  return `${digits}:${checksum(digits)}\n`;
}

/** A line that is no record: torn, mixed, or full of holes. */
export interface TornRecord {
  readonly torn: string;
}

function decodeLine(line: string): number | TornRecord {
  const [, digits, check] = RECORD.exec(line) ?? [];
  if (digits !== undefined && check === checksum(digits)) return Number(digits);
  return { torn: line.slice(0, SHOWN_MAX) };
}

/** The records of a whole file, in order; what is no record stands in its place as what it is. */
export function decodeRecords(text: string): readonly (number | TornRecord)[] {
  if (text === "") return [];
  const lines = text.split("\n");
  const rest = lines.pop() as string;
  return rest === "" ? lines.map(decodeLine) : [...lines.map(decodeLine), { torn: rest.slice(0, SHOWN_MAX) }];
}

/** A file that holds one value, `copies` times: null when it is empty, torn when the copies are not all there and alike. */
export function decodeCopies(text: string, copies: number): number | TornRecord | null {
  if (text === "") return null;
  const records = decodeRecords(text);
  const [first] = records;
  if (typeof first === "number" && records.length === copies && records.every((record) => record === first)) {
    return first;
  }
  const odd = records.find((record) => record !== first) ?? first;
  const shown = (record: number | TornRecord | undefined) => (typeof record === "object" ? record.torn : `${record}`);
  return {
    torn: `${records.length} of ${copies} records: ${shown(first)}, then ${shown(odd)}`.slice(0, 2 * SHOWN_MAX),
  };
}
