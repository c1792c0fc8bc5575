import { expect, test } from "vitest";
import { asForm, lack, usual } from "./condition.ts";

const words = { what: "words", any: ["advert"] };
const short = { what: "length", max: 9 };

test.each([
  ["what holds in one way", [[words, short]], { tests: [words, short] }],
  ["what holds in one way or another", [[words], [short]], { match: "any", tests: [words, short] }],
  ["more than the form says", [[words, short], [words]], undefined],
  ["what cannot be said in tests", undefined, undefined],
])("the form takes %s", (_, ways, form) => {
  expect(asForm(ways)).toEqual(form);
});

test.each([
  [{ what: "words" }, "value"],
  [{ what: "words", any: [] }, "value"],
  [{ what: "words", none: ["advert"] }, undefined],
  [{ what: "length", min: 0 }, undefined],
  [{ what: "length", min: 9, max: 8 }, "bounds"],
  [{ what: "clock", from: "23:00", to: "07:00" }, undefined],
  [{ what: "clock", from: "23:00", to: "" }, "time"],
  [{ what: "clock", from: "23:00", to: "23:00" }, "time"],
])("%j lacks %s", (line, want) => {
  expect(lack(line)).toBe(want);
});

test("level 1 closes the group and calls somebody, level 2 mutes, level 3 warns", () => {
  expect(usual(1).always?.map((a) => a.do)).toEqual(["recall", "mute_all", "page"]);
  expect(usual(2).ladder?.map((s) => s.acts[0]?.do)).toEqual(["mute", "mute", "remove"]);
  expect(usual(3).ladder?.map((s) => s.acts[0]?.do)).toEqual(["remind", "warn"]);
});
