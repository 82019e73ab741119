import * as fc from "fast-check";
import { expect, test } from "vitest";
import { BusyList, type Link } from "../../src/interpreter/busy-list.ts";

interface Item extends Link<Item> {
  readonly name: number;
}

test("a busy list behaves as a list in the order of adding, whatever is removed", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(9), { maxLength: 60 }), (toggles) => {
      const items = Array.from({ length: 10 }, (_, name): Item => ({ name, before: undefined, after: undefined }));
      const list = new BusyList<Item>();
      let model: Item[] = [];
      for (const name of toggles) {
        const item = items[name]!;
        if (model.includes(item)) {
          list.remove(item);
          model = model.filter((each) => each !== item);
        } else {
          list.add(item);
          model.push(item);
        }
        expect([...list].map((each) => each.name)).toEqual(model.map((each) => each.name));
        expect(list.first).toBe(model[0]);
        expect(list.size).toBe(model.length);
      }
      for (const item of list) list.remove(item); // while it is walked through
      expect(list.size).toBe(0);
    }),
  );
});
