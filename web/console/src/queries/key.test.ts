import { Problem } from "@qunying/api/problem";
import { expect, it } from "vitest";
import { keyring, newKey } from "./key.ts";

it("makes keys that the server takes and that differ", () => {
  expect(newKey()).toMatch(/^[0-9a-f]{32}$/);
  expect(newKey()).not.toBe(newKey());
});

it("repeats a key only for the same request whose answer was lost", () => {
  const { of, settle } = keyring();
  const first = of({ text: "早" });
  settle(new Problem("offline", ""));
  expect(of({ text: "早" })).toBe(first);
  expect(of({ text: "晚" })).not.toBe(first);
  const refused = of({ text: "晚" });
  settle(new Problem("invalid", "no"));
  expect(of({ text: "晚" })).not.toBe(refused);
  const done = of({ text: "晚" });
  settle(null);
  expect(of({ text: "晚" })).not.toBe(done);
});
