import type { OutboxEntry, Task } from "@qunying/api/model";
import { expect, it } from "vitest";
import type { Words } from "../words/useWords.ts";
import { clientLink, deedWords, taskWords } from "./deed.ts";
import { waitWords } from "./waits.ts";

// Says which text is used, and with what.
const t = ((key: string, fill?: object) => (fill ? `${key} ${JSON.stringify(fill)}` : key)) as unknown as Words["t"];

it("names the member where there is one", () => {
  expect(deedWords(t, { kind: "remove", group: "跑团", name: "小李" })).toBe(
    'deed.removeTo {"group":"跑团","name":"小李"}',
  );
  expect(deedWords(t, { kind: "remove", group: "跑团", name: "" })).toBe('deed.remove {"group":"跑团"}');
  expect(deedWords(t, { kind: "announce", group: "跑团", name: "小李" })).toBe('deed.announce {"group":"跑团"}');
});

it("tells the end of a mute from its beginning", () => {
  expect(deedWords(t, { kind: "mute", group: "跑团", name: "小李", lifts: true })).toMatch(/^deed\.unmute /);
  expect(deedWords(t, { kind: "mute", group: "跑团", name: "小李" })).toMatch(/^deed\.muteTo /);
  expect(deedWords(t, { kind: "mute_all", group: "跑团", name: "", lifts: true })).toMatch(/^deed\.unmute_all /);
  const task = { action: "mute", group_name: "跑团", name: "小李", member: 7 } as Task;
  expect(taskWords(t, task)).toMatch(/^deed\.muteTo /);
  expect(taskWords(t, task, { until: 1 } as OutboxEntry)).toMatch(/^deed\.muteTo /);
  expect(taskWords(t, task, {} as OutboxEntry)).toMatch(/^deed\.unmute /);
});

it("says something of what it does not know", () => {
  expect(deedWords(t, { kind: "dance", group: "跑团", name: "" })).toMatch(/^deed\.other /);
  expect(taskWords(t, { action: "remove", group_name: "跑团", member: 7 } as Task)).toContain("message.nameless");
  expect(waitWords(t, "quiet_hours")).toBe("waits.quiet_hours");
  expect(waitWords(t, "the moon")).toBe("waits.other");
});

it("follows links into chat clients and the web, and no others", () => {
  expect(clientLink("weixin://dl/chat?abc")).toBe("weixin://dl/chat?abc");
  expect(clientLink("https://work.weixin.qq.com/x")).toBe("https://work.weixin.qq.com/x");
  for (const bad of ["javascript:alert(1)", " javascript:alert(1)", "data:text/html,x", "//evil", "", undefined]) {
    expect(clientLink(bad)).toBeUndefined();
  }
});
