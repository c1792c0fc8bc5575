import type { Policy } from "@qunying/api/model";
import { expect, test } from "vitest";
import { asksFor } from "./asked.ts";

const asking = (when: object, stage = "suggest") => ({ clauses: [{ stage, when }] }) as unknown as Policy;

test.each([
  ["its category in a form", { tests: [{ what: "words", any: ["advert", "custom"] }] }, true],
  ["its name in a form", { tests: [{ what: "lexicons", any: ["tea"] }] }, true],
  ["its category in an expression", { expr: '"custom" in words && length > 3' }, true],
  ["another category", { tests: [{ what: "words", any: ["advert"] }] }, false],
  ["its category where none may be", { tests: [{ what: "words", none: ["custom"] }] }, false],
])("a clause asks for %s", (_, when, asked) => {
  expect(asksFor(asking(when), { name: "tea", categories: ["fraud", "custom"] })).toBe(asked);
});

test("a clause that is off asks for nothing", () => {
  const when = { tests: [{ what: "words", any: ["custom"] }] };
  expect(asksFor(asking(when, "off"), { name: "tea", categories: ["fraud", "custom"] })).toBe(false);
});
