import type { MenuButton } from "@qunying/api/model";
import { expect, test } from "vitest";
import { buttonsOf, entriesOf, fine, fresh, widthOf, wrongWith } from "./draft.ts";

const menu: MenuButton[] = [
  { type: "view", name: "签到", url: "https://qun.example/m" },
  {
    name: "更多",
    sub_button: [
      { type: "miniprogram", name: "商城", appid: "wx2", pagepath: "index", url: "https://qun.example" },
      { type: "scancode_push", name: "扫一扫", key: "scan" },
    ],
  },
];

test("a menu survives being edited, with what is not understood", () => {
  expect(buttonsOf(entriesOf(menu))).toEqual(menu);
  expect(fine(entriesOf(menu))).toBe(true);
  expect(fine([])).toBe(true);
});

test("what is wrong is named", () => {
  const entry = { ...fresh(), name: "签到", url: "https://x.cn" };
  expect(wrongWith(entry, "top")).toBeUndefined();
  expect(wrongWith({ ...entry, name: " " }, "top")).toBe("name");
  expect(wrongWith({ ...entry, name: "一二三四五" }, "top")).toBe("long");
  expect(wrongWith({ ...entry, name: "一二三四五" }, "below")).toBeUndefined();
  expect(wrongWith({ ...entry, url: "javascript:1" }, "top")).toBe("url");
  expect(wrongWith({ ...entry, does: "program", appid: "wx2" }, "top")).toBe("program");
  expect(wrongWith({ ...entry, does: "opens" }, "top")).toBe("empty");
  const below = { ...entry, does: "opens" as const, below: [{ ...entry, url: "" }] };
  expect(fine([below])).toBe(false);
  expect(fine([{ ...below, does: "page" }])).toBe(true); // what is below a page does not show
});

test("names are measured as they are seen", () => {
  expect(widthOf(" 签到ab ")).toBe(6);
});
