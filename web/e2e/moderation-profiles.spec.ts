import { execFile } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";
import type { APIRequestContext, Locator, Page } from "@playwright/test";
import { test as base, choose, enter, firstRun, expect as promptly } from "./console.ts";
import { Archive, freePort, type Program, rig, wecom } from "./rigs.ts";
import { binary, type Running, serve } from "./server.ts";

// Keeping order where everything can be done, a Koishi with Satori, and where almost
// nothing can, a customer group of WeCom whose chat archive is read: there people
// carry out what was decided, and say what shows that they did.

// Starting and connecting take a while on a busy machine.
const expect = promptly.configure({ timeout: 60_000 });

/** A place in which order is kept. */
interface Place {
  server: Running;
  /** Makes a group with somebody beside a first member, who says something so that it is known. */
  group: (id: string, name: string, member: string) => Promise<void>;
  say: (group: string, member: string, text: string) => Promise<void>;
  show: (group: string, member: string, picture: Buffer) => Promise<void>;
  stop: () => Promise<void>;
  koishi?: Program;
  corp?: Program;
}

const token = "koishi-token-7c1d44";
const inCommunity = "/api/v1/communities/default";

async function koishi(): Promise<Place> {
  const port = await freePort();
  const program = await rig("satori-server", "server.js", { PORT: String(port), TOKEN: token });
  await program.start();
  const server = await serve({ demo: false, more: ["--allow-private"] });
  connections = [
    { name: "koishi", driver: "satori", config: { address: `http://127.0.0.1:${port}/satori`, token }, hook: false },
  ];
  const counts = new Map<string, number>();
  const say = async (group: string, member: string, text: string) => {
    const said = (counts.get(group) ?? 0) + 1;
    counts.set(group, said);
    await program.post("/push", {
      type: "message-created",
      guild: { id: group, name: names.get(group) ?? group },
      channel: { id: group, type: 0, name: names.get(group) ?? group },
      user: { id: `${group}-${member}`, name: member },
      message: { id: `${group}-${said}`, content: text },
    });
  };
  const names = new Map<string, string>();
  const pictures: Buffer[] = [];
  const site = createServer((ask, answer) => answer.end(pictures[Number(ask.url?.slice(1))]));
  const at = await freePort();
  site.listen(at, "127.0.0.1");
  return {
    server,
    koishi: program,
    say,
    show: (group, member, picture) =>
      say(group, member, `<img src="http://127.0.0.1:${at}/${pictures.push(picture) - 1}"/>`),
    group: async (id, name) => {
      names.set(id, name);
      await say(id, "群友", "大家好");
    },
    stop: async () => {
      site.close();
      await program.kill();
    },
  };
}

async function customers(): Promise<Place> {
  const archive = new Archive();
  await archive.build();
  const corp = await wecom(await freePort(), ["--corp", archive.folder, "--secret", archive.secret]);
  const ready = await corp.start();
  const server = await serve({ demo: false, more: ["--allow-private", "--wecom-api", String(ready.api)] });
  connections = [
    { name: "wecom", driver: "wecom", config: ready.config as object, hook: true },
    { name: "archive", driver: "wecom-archive", config: archive.config(), hook: false },
  ];
  const known = new Set<string>();
  const idOf = (group: string, member: string) => `wm-${group}-${member}`;
  // The archive asks who is in a group when it first hears from it.
  const join = async (group: string, member: string) => {
    if (known.has(idOf(group, member))) return;
    known.add(idOf(group, member));
    await corp.post("/join", { group: roomOf(group), member: idOf(group, member), name: member, scene: 3 });
  };
  const say = async (group: string, member: string, text: string) => {
    await join(group, member);
    archive.say(roomOf(group), idOf(group, member), text);
  };
  return {
    server,
    corp,
    say,
    show: async (group, member, picture) => {
      await join(group, member);
      archive.show(roomOf(group), idOf(group, member), picture);
    },
    group: async (id, name, member) => {
      await corp.post("/found", { group: roomOf(id), name, owner: "zhangsan" });
      await join(id, member);
      await say(id, "群友", "大家好");
    },
    stop: async () => {
      await corp.kill();
      archive.remove();
    },
  };
}

/** Under which ID WeCom knows a group: as its own are, wr and more than six characters. */
const roomOf = (group: string) => `wrSIMGROUP-${group}`;

/** The groups of the tests: their names, and who is spoken of in each. */
const groups = {
  adverts: { name: "团购群", member: "小广告" },
  night: { name: "夜读群", member: "小陈" },
  closed: { name: "读书群", member: "小赵" },
  wrong: { name: "同城群", member: "小李" },
  appeals: { name: "跑步群", member: "小周" },
  tries: { name: "读书二群", member: "小孙" },
  links: { name: "晨跑群", member: "小吴" },
} as const;

let connections: { name: string; driver: string; config: object; hook: boolean }[] = [];

/** Calls the API as the console does. */
async function api<T>(
  request: APIRequestContext,
  place: Place,
  method: "GET" | "PUT" | "POST",
  path: string,
  data?: object,
): Promise<T> {
  const answer = await request.fetch(place.server.address + inCommunity + path, {
    method,
    headers: { origin: place.server.address, "idempotency-key": crypto.randomUUID() },
    ...(data ? { data } : {}),
  });
  expect(answer.status(), `${method} ${path}: ${await answer.text()}`).toBeLessThan(300);
  return (await answer.json()) as T;
}

interface Policy {
  clauses: { id: string; stage: string; when: object; ladder?: { acts: object[] }[] }[];
}

/** The rules of the tests: adverts cost points, adverts and level one are met by themselves. */
async function preset(request: APIRequestContext, place: Place): Promise<Policy> {
  const answer = await request.get(`${place.server.address}/api/v1/policies?language=zh-CN`);
  const { presets } = (await answer.json()) as { presets: { id: string; policy: Policy }[] };
  const policy = presets.find((p) => p.id === "general")?.policy;
  if (!policy) throw new Error("there is no preset general");
  for (const clause of policy.clauses) {
    if (clause.id === "advert" || clause.id === "politics") clause.stage = "auto";
    if (clause.id === "advert") {
      for (const step of clause.ladder ?? []) step.acts.push({ do: "points", points: 5 });
    }
  }
  return policy;
}

/** Connects the place, and says what is an offence. */
async function prepare(request: APIRequestContext, place: Place): Promise<void> {
  for (const { name, driver, config } of connections) {
    await api(request, place, "PUT", `/connections/${name}`, {
      driver,
      title: name,
      config,
      adopt_all: true,
      version: 0,
    });
  }
  for (const { name, hook } of connections) {
    if (hook) await place.corp?.post("/hook", { url: `${place.server.address}/hooks/default/${name}/` });
  }
  // What is said before somebody listens would not be heard.
  await expect
    .poll(async () => {
      const { connections: all } = await api<{ connections: { health: { state: string } }[] }>(
        request,
        place,
        "GET",
        "/connections",
      );
      return all.map((c) => c.health.state);
    })
    .toEqual(connections.map(() => "online"));
  for (const [id, category, text] of [
    ["adverts", "advert", "特价团购"],
    ["closed", "politics", "测试违禁词"],
  ]) {
    await api(request, place, "PUT", `/lexicons/${id}`, { id, group: 0, name: id, category, text, version: 0 });
  }
  await api(request, place, "PUT", "/policy", { policy: await preset(request, place), version: 0 });
  const order = await api<object>(request, place, "GET", "/settings/moderation");
  await api(request, place, "PUT", "/settings/moderation", { ...order, undo: 1 });
  for (const [id, { name, member }] of Object.entries(groups)) await place.group(id, name, member);
  const night = await groupOf(request, place, groups.night.name);
  await api(request, place, "PUT", `/groups/${night}/policy`, { policy: await curfew(request, place), version: 0 });
  // All at once: the archive is asked every ten seconds only.
  await place.say("adverts", "小广告", "特价团购 加微信 abc12345");
  await place.say("night", "小陈", "打卡 第3天");
  await place.say("night", "小陈", "还有人吗");
  await place.say("closed", "小赵", "这里有测试违禁词");
  await place.say("wrong", "小李", "特价团购的群是骗人的，别加微信 abc12345");
  await place.say("appeals", "小周", "转发：跑鞋和运动服周末特价团购，想要的加微信 runner2026");
  await place.say("tries", "小孙", "群主的微信是多少");
  await place.say("tries", "小钱", "我加微信的时候总是提示频繁");
}

/** The rules of the tests with a curfew that is in force now, whatever time it is. */
async function curfew(request: APIRequestContext, place: Place): Promise<Policy> {
  const clock = (hours: number) =>
    new Intl.DateTimeFormat("en-GB", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit" }).format(
      Date.now() + hours * 3_600_000,
    );
  const policy = await preset(request, place);
  for (const c of policy.clauses) {
    if (c.id !== "curfew") continue;
    c.stage = "auto";
    c.when = {
      tests: [
        { what: "clock", from: clock(-2), to: clock(2) },
        { what: "check_in", any: ["false"] },
      ],
    };
  }
  return policy;
}

/** The number of a group, once it is known. */
async function groupOf(request: APIRequestContext, place: Place, name: string): Promise<number> {
  let id = 0;
  await expect
    .poll(
      async () => {
        const { groups } = await api<{ groups: { id: number; name: string }[] }>(request, place, "GET", "/groups");
        id = groups.find((g) => g.name === name)?.id ?? 0;
        return id;
      },
      { message: `the group ${name}` },
    )
    .toBeGreaterThan(0);
  return id;
}

const card = (page: Page, clause: string, name: string) =>
  page.getByRole("button", { name: new RegExp(`${clause}\\s*${name}`) });

/** Opens a page until something is on it: a starved server is late with what it tells open pages. */
async function seen(page: Page, address: string, what: Locator): Promise<void> {
  await promptly(async () => {
    await page.goto(address);
    await promptly(what).toBeVisible({ timeout: 20_000 });
  }).toPass({ timeout: 150_000 });
}

/** Opens the card about somebody, and waits for its receipt. */
async function openCard(page: Page, place: Place, state: string, clause: string, name: string): Promise<void> {
  await seen(
    page,
    `${place.server.address}/moderation${state ? `?state=${state}` : ""}`,
    card(page, clause, name).first(),
  );
  await card(page, clause, name).first().click();
}

/** Opens what is on record of somebody from their card. */
async function openRecord(page: Page, place: Place, state: string, clause: string, name: string): Promise<void> {
  await openCard(page, place, state, clause, name);
  await page.getByRole("link", { name: "成员记录" }).click();
  await expect(page.getByRole("heading", { name, level: 1 })).toBeVisible();
}

const task = (page: Page, text: string | RegExp) => page.getByRole("article").filter({ hasText: text });

/** Finds a task, copies nothing, does it, and says what shows that it is done. */
async function carryOut(page: Page, place: Place, group: number, text: string | RegExp, proof: string): Promise<void> {
  const mine = task(page, text).first();
  await seen(page, `${place.server.address}/tasks?group=${group}`, mine);
  await mine.getByRole("button", { name: "做完了" }).click();
  await mine.getByRole("textbox").fill(proof);
  await mine.getByRole("button", { name: "记为做完" }).click();
  await expect(task(page, text)).toHaveCount(0);
  await page.getByText("做完的", { exact: true }).click();
  await expect(page.getByText(proof).first()).toBeVisible();
}

for (const profile of ["Satori", "WeCom"] as const) {
  const all = profile === "Satori"; // everything can be done

  const test = base.extend<object, { place: Place; entered: string }>({
    place: [
      // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the parameter's shape
      async ({}, use) => {
        const place = all ? await koishi() : await customers();
        await use(place);
        await place.server.stop();
        await place.stop();
      },
      { scope: "worker", timeout: 300_000 }, // the first time, packages are fetched
    ],
    entered: [
      async ({ browser, place }, use) => {
        const context = await browser.newContext({ locale: "zh-CN" });
        const page = await context.newPage();
        await firstRun(page, place.server);
        await prepare(page.request, place);
        const state = JSON.stringify(await context.storageState());
        await context.close();
        await use(state);
      },
      { scope: "worker", timeout: 180_000 },
    ],
  });

  test.describe(profile, () => {
    test.describe.configure({ mode: "serial", timeout: 240_000 });
    const called = (place: Place, what: string, parts: Record<string, unknown>) =>
      place.koishi?.called(what, parts) ?? Promise.resolve();

    test("an advert in three disguises is recalled, warned, muted, removed", async ({ page, place, entered }) => {
      await enter(page, entered);
      const group = await groupOf(page.request, place, "团购群");
      if (all) {
        await called(place, "message.delete", { message_id: "adverts-2" });
      } else {
        await carryOut(page, place, group, "提醒一下", "已在群里提醒，截图在工作群");
      }
      await place.say("adverts", "小广告", "特 价 团 购，加微信 abc12345");
      if (all) {
        await called(place, "guild.member.mute", { guild_id: "adverts", user_id: "adverts-小广告" });
        await called(place, "message.delete", { message_id: "adverts-3" });
      } else {
        await carryOut(page, place, group, "这是第 2 次", "已在群里警告");
      }
      await place.say("adverts", "小广告", "【特★价团★购】加微信：abc12345");
      if (all) {
        await called(place, "guild.member.kick", { guild_id: "adverts", user_id: "adverts-小广告" });
      } else {
        const tasks = `${place.server.address}/tasks?group=${group}`;
        await seen(page, tasks, task(page, /移出.*小广告/).first());
        await place.corp?.post("/leave", { group: roomOf("adverts"), member: "wm-adverts-小广告", removed: true });
        await seen(page, tasks, page.getByText("没有待办", { exact: true }));
        await page.getByText("做完的", { exact: true }).click();
        await expect(page.getByText(/自动确认：看到成员已退群/).first()).toBeVisible();
      }
      await openRecord(page, place, "acted", "广告引流", "小广告");
      await seen(page, page.url(), page.getByText("现在有效 3 次"));
      await expect(page.getByText("黑名单").first()).toBeVisible();
      await expect(page.locator("mark").filter({ hasText: "特★价团★购" }).first()).toBeVisible();
      await expect(page.getByText("第 3 次（之前有效 2 次）")).toBeVisible();
      if (!all) await expect(page.getByText("平台做不到").first()).toBeVisible();
    });

    test("a curfew recalls or reminds, and counts no strike", async ({ page, place, entered }) => {
      await enter(page, entered);
      const group = await groupOf(page.request, place, "夜读群");
      if (all) await called(place, "message.delete", { message_id: "night-3" });
      else await carryOut(page, place, group, "小陈", "已私下提醒");
      await openRecord(page, place, "acted", "夜间禁言时段", "小陈");
      await seen(page, page.url(), page.getByText("现在有效 0 次"));
      await expect(page.getByText("还有人吗")).toBeVisible();
      await expect(page.getByText("打卡 第3天")).toHaveCount(0);
    });

    test("level one closes the group and calls who is on duty", async ({ page, place, entered }) => {
      await enter(page, entered);
      const group = await groupOf(page.request, place, "读书群");
      if (all) {
        await called(place, "channel.mute", { channel_id: "closed", enable: true });
        await called(place, "message.delete", { message_id: "closed-2" });
      }
      await seen(page, `${place.server.address}/tasks?group=${group}`, task(page, "尽快看").first());
      await openCard(page, place, "acted", "", "小赵");
      await expect(page.locator("mark").first()).toHaveText("测试违禁词");
      if (!all) await expect(page.getByText("平台做不到").first()).toBeVisible();
      await carryOut(page, place, group, "尽快看", "已看过，并报告负责人");
    });

    test("a verdict that is overturned gives strike and points back", async ({ page, place, entered }) => {
      await enter(page, entered);
      const group = await groupOf(page.request, place, "同城群");
      await openRecord(page, place, "acted", "广告引流", "小李");
      await seen(page, page.url(), page.getByText("现在有效 1 次"));
      const points = page.getByRole("region", { name: "积分", exact: true });
      await expect(points.getByText("-5").first()).toBeVisible();

      await openCard(page, place, "acted", "广告引流", "小李");
      await page.getByRole("button", { name: /没问题/ }).click();
      await expect(page.getByText("已处理 1 条")).toBeVisible();
      const said = "之前对你的处理有误，已经撤销";
      if (all) {
        await expect
          .poll(
            () =>
              place.koishi?.lines.filter((l) => l.api === "message.create" && String(l.content).includes(said)).length,
          )
          .toBe(1);
      } else {
        await carryOut(page, place, group, said, "已向本人说明");
      }
      await openRecord(page, place, "decided", "广告引流", "小李");
      await seen(page, page.url(), page.getByText("现在有效 0 次"));
      await expect(points.getByText("+5").first()).toBeVisible();
    });

    test("a member appeals, and the appeal is granted", async ({ page, place, entered }) => {
      await enter(page, entered);
      const group = await groupOf(page.request, place, "跑步群");
      await openRecord(page, place, "acted", "广告引流", "小周");
      await seen(page, page.url(), page.getByText("现在有效 1 次"));
      await place.say("appeals", "小周", "申诉 我只是转发给群主看");
      if (!all) await carryOut(page, place, group, "申诉已收到", "已告知申诉收到");
      await openCard(page, place, "", "", "小周");
      await expect(page.getByText("我只是转发给群主看").first()).toBeVisible();
      await page.locator("body").press("a");
      await expect(page.getByText("已处理 1 条")).toBeVisible();
      await openRecord(page, place, "decided", "", "小周");
      await seen(page, page.url(), page.getByText("现在有效 0 次"));
      await expect(page.getByText("判错退回").first()).toBeVisible();
    });

    test("a back-test stops a bad rule", async ({ page, place, entered }) => {
      await enter(page, entered);
      const group = await groupOf(page.request, place, "读书二群");
      const { policy, version } = await api<{ policy: Policy; version: number }>(
        page.request,
        place,
        "GET",
        `/groups/${group}/policy`,
      );
      policy.clauses.push({
        ...{ id: "own-1", name: "不许提微信", layer: "special", category: "custom", severity: 3, texts: {} },
        stage: "suggest",
        when: { expr: "text.contains('微信')" },
        ladder: [{ acts: [{ do: "remove" }] }],
      });
      await api(page.request, place, "PUT", `/groups/${group}/policy`, { policy, version });

      await page.goto(`${place.server.address}/moderation/rules`);
      await choose(page.getByRole("combobox", { name: "哪个群" }), "读书二群", "读书");
      const clause = page.getByRole("article", { name: "不许提微信" });
      await clause.getByText("自动", { exact: true }).click();
      await page.getByRole("button", { name: "在过去的消息上试" }).click();
      const sheet = page.getByRole("dialog");
      await expect(async () => {
        await sheet.getByRole("button", { name: "开始试" }).click();
        await expect(sheet.getByText("2 条消息，2 人，其中 2 人会被移出")).toBeVisible({ timeout: 10_000 });
      }).toPass();
      await expect(sheet.getByText("群主的微信是多少")).toBeVisible();
      await expect(sheet.getByText(/「不许提微信」会自动处理 2 条、2 人，但没有人工结论/)).toBeVisible();
      // Who leaves finds the draft and what was tried again.
      await sheet.locator(".ant-drawer-close").click();
      await page.getByRole("link", { name: "词库" }).click();
      await expect(page.getByRole("button", { name: "新建词库" })).toBeVisible();
      await page.getByRole("link", { name: "群规" }).click();
      await choose(page.getByRole("combobox", { name: "哪个群" }), "读书二群", "读书");
      await expect(clause.getByRole("radio", { name: "自动" })).toBeChecked();
      await page.getByRole("button", { name: "在过去的消息上试" }).click();
      await expect(sheet.getByText("2 条消息，2 人，其中 2 人会被移出")).toBeVisible();
      await sheet.getByRole("button", { name: "改为只建议" }).click();
      await page.keyboard.press("Escape");
      await expect(clause.getByRole("radio", { name: "建议" })).toBeChecked();
      await expect(page.getByRole("button", { name: "保存", exact: true }).first()).toBeDisabled();
      if (all)
        expect(place.koishi?.lines.filter((l) => l.api === "guild.member.kick" && l.guild_id === "tries")).toEqual([]);
    });

    test("a member opens the link of a penalty, appeals, and sees the outcome", async ({ page, place, entered }) => {
      await enter(page, entered);
      await page.goto(`${place.server.address}/moderation/rules`);
      await page.getByLabel("成员打开的地址").fill(place.server.address);
      await page.getByRole("button", { name: "检查这个地址" }).click();
      await expect(page.getByText("通了：这个地址打开的就是本系统的成员页。")).toBeVisible();
      await page.getByRole("button", { name: "用这个地址" }).click();
      await expect(page.getByRole("button", { name: "用这个地址" })).toBeDisabled();

      const group = await groupOf(page.request, place, "晨跑群");
      await place.say("links", "小吴", "晨跑之后的早餐特价团购，报名加微信 morning88");
      let link = "";
      await expect
        .poll(async () => {
          const { entries } = await api<{ entries: { text: string }[] }>(
            page.request,
            place,
            "GET",
            `/outbox?group=${group}`,
          );
          link = entries.map((e) => e.text.match(/http\S+\/m\/default\/\S+/)?.[0]).find(Boolean) ?? "";
          return link;
        })
        .toContain(place.server.address);

      const phone = await page
        .context()
        .browser()
        ?.newContext({ locale: "zh-CN", viewport: { width: 390, height: 844 } });
      if (!phone) throw new Error("there is no browser");
      const member = await phone.newPage();
      await member.goto(link);
      await expect(member.getByRole("heading", { name: "小吴，你好" })).toBeVisible();
      await expect(member.locator("mark").first()).toBeVisible();
      await expect(member.getByText("扣除 5 积分")).toBeVisible();
      await expect(member.getByText("我的积分")).toHaveCount(0); // others in the group have the link, too
      await expect(member.getByText(/会由另一位管理员重新看一遍。可以提交到/)).toBeVisible();
      await member.getByLabel("你想说明的情况").fill("这是群主让我转的");
      await member.getByRole("button", { name: "提交申诉" }).click();
      await expect(member.getByText(/另一位管理员会在 .+ 前看完/)).toBeVisible();

      await openCard(page, place, "", "广告引流", "小吴");
      await expect(page.getByText("这是群主让我转的").first()).toBeVisible();
      await page.locator("body").press("a");
      await expect(page.getByText("已处理 1 条")).toBeVisible();
      await member.reload();
      await expect(member.getByRole("heading", { name: "申诉成立" })).toBeVisible();
      await expect(member.getByText(/这次处理是我们弄错了/)).toBeVisible();

      await openRecord(page, place, "decided", "广告引流", "小吴");
      await page.getByRole("button", { name: "生成链接" }).click();
      const own = await page.locator("code", { hasText: "/m/default/" }).textContent();
      await member.goto(own ?? "");
      await expect(member.getByRole("heading", { name: "我的积分" })).toBeVisible();
      await phone.close();
    });

    test("a code in a picture is read, and its card shows both", async ({ page, place, entered }) => {
      await enter(page, entered);
      await place.group("codes", "摄影群", "小郑");
      const group = await groupOf(page.request, place, "摄影群");
      const policy = await preset(page.request, place);
      policy.clauses.push({
        ...{ id: "own-2", name: "图片带二维码", layer: "special", category: "advert", severity: 3, texts: {} },
        stage: "suggest",
        when: { tests: [{ what: "found", any: ["qr"] }] },
        ladder: [{ acts: [{ do: "warn" }] }],
      });
      await api(page.request, place, "PUT", `/groups/${group}/policy`, { policy, version: 0 });
      await place.show("codes", "小郑", readFileSync(new URL("./code.png", import.meta.url)));
      // WeCom tells when somebody joined, so that the preset's own clause comes first.
      await openCard(page, place, "", all ? "图片带二维码" : "新人发二维码图片", "小郑");
      await expect(page.getByText("二维码内容")).toBeVisible();
      await expect(page.getByText("https://weixin.qq.com/g/AbCdEfGh").first()).toBeVisible();
      await expect(page.getByRole("img", { name: "消息中的图片" }).first()).toBeVisible();
      await page.locator("body").press("a");
      await expect(page.getByText("已处理 1 条")).toBeVisible();
      if (!all) await carryOut(page, place, group, "小郑", "已在群里提醒");
    });

    test("a case log that was changed by one byte does not verify", async ({ page, place, entered }) => {
      await enter(page, entered);
      await page.goto(`${place.server.address}/moderation/cases`);
      await page.getByRole("button", { name: "验证" }).click();
      await expect(page.getByText(/^完好：\d+ 条都没有被改动/)).toBeVisible();

      await page.goto("about:blank"); // an open page would miss its server
      await place.server.stop(true);
      const run = promisify(execFile);
      const verify = () => run(binary, ["verify", "--data", place.server.data, "--json"]);
      try {
        expect(JSON.parse((await verify()).stdout)).toMatchObject({ ok: true });
        const file = join(place.server.data, "qunying.db");
        const bytes = readFileSync(file);
        const at = bytes.indexOf('"stage":"auto","strike":1,');
        expect(at).toBeGreaterThan(0);
        bytes[at + '"stage":"auto","strike":'.length] = "2".charCodeAt(0);
        writeFileSync(file, bytes);
        const refused = (await verify().catch((e: unknown) => e)) as { code: number; stdout: string };
        expect(refused.code).toBeGreaterThan(0);
        expect(JSON.parse(refused.stdout)).toMatchObject({ ok: false });
      } finally {
        rmSync(place.server.data, { recursive: true, force: true });
      }
    });
  });
}
