import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeCopies, decodeRecords, encodeRecord, RECORD_BYTES, VALUE_MAX } from "../../../workloads/fs/records.ts";

const value = fc.nat(VALUE_MAX);

describe("records", () => {
  it("come back as they were, all of one length", () => {
    fc.assert(
      fc.property(fc.array(value), (values) => {
        const records = values.map(encodeRecord);
        expect(records.every((record) => record.length === RECORD_BYTES)).toBe(true);
        expect(decodeRecords(records.join(""))).toEqual(values);
      }),
    );
  });

  it("show any damage to one byte", () => {
    fc.assert(
      fc.property(value, fc.nat(RECORD_BYTES - 1), fc.nat(255), (n, position, byte) => {
        const record = encodeRecord(n);
        const damaged = record.slice(0, position) + String.fromCharCode(byte) + record.slice(position + 1);
        fc.pre(damaged !== record);
        expect(decodeRecords(damaged)).not.toEqual([n]);
      }),
    );
  });

  it("show where one is cut off, or has a hole before it", () => {
    expect(decodeRecords(encodeRecord(1) + encodeRecord(2).slice(0, 5))).toEqual([1, { torn: "00000" }]);
    expect(decodeRecords(`\0\0${encodeRecord(1)}`)).toEqual([{ torn: `\0\0${encodeRecord(1).trimEnd()}` }]);
  });

  it("refuse what does not fit", () => {
    for (const wrong of [-1, 0.5, VALUE_MAX + 1]) expect(() => encodeRecord(wrong)).toThrow(RangeError);
  });

  it("in copies are one value, or torn", () => {
    const [one, two] = [encodeRecord(1), encodeRecord(2)];
    expect(decodeCopies(one.repeat(3), 3)).toBe(1);
    expect(decodeCopies("", 3)).toBeNull();
    for (const mixed of [one + two + two, one + one, one.repeat(4), one + one + two.slice(1)])
      expect(decodeCopies(mixed, 3)).toHaveProperty("torn");
  });
});
