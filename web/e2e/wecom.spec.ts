import type { Page } from "@playwright/test";
import { test as base, choose, enter, firstRun, expect as promptly, settled } from "./console.ts";
import { freePort, type Line, type Program, wecom } from "./rigs.ts";
import { type Running, serve } from "./server.ts";

// A corporation is managed: groups, codes, welcomes, tags, words, sends and owners, on
// a simulated WeCom.

interface Stage {
  server: Running;
  corp: Program;
}

// Starting and connecting take a while on a busy machine.
const expect = promptly.configure({ timeout: 60_000 });

const test = base.extend<object, { stage: Stage; entered: string }>({
  stage: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the parameter's shape
    async ({}, use) => {
      const corp = await wecom(await freePort());
      const ready = await corp.start();
      for (const [group, name, owner] of [
        ["wrSIMGROUP0001", "会员福利 1 群", "zhangsan"],
        ["wrSIMGROUP0002", "会员福利 2 群", "zhangsan"],
        ["wrSIMGROUP0003", "华东门店群", "wangwu"],
      ]) {
        await corp.post("/found", { group, name, owner });
      }
      await corp.post("/resign", { member: "wangwu" });
      const server = await serve({ demo: false, more: ["--allow-private", "--wecom-api", String(ready.api)] });
      config = ready.config as Line;
      await use({ server, corp });
      await server.stop();
      await corp.kill();
    },
    { scope: "worker", timeout: 300_000 },
  ],
  entered: [
    async ({ browser, stage }, use) => {
      const context = await browser.newContext({ locale: "zh-CN" });
      const page = await context.newPage();
      await firstRun(page, stage.server);
      const { address } = stage.server;
      const saved = await page.request.put(`${address}/api/v1/communities/default/connections/wecom`, {
        headers: { origin: address },
        data: { driver: "wecom", title: "企业微信", config, adopt_all: true, version: 0 },
      });
      expect(saved.status()).toBe(200);
      await expect
        .poll(async () => {
          const answer = await page.request.get(`${address}/api/v1/communities/default/connections`);
          return ((await answer.json()) as { connections: { groups: number }[] }).connections[0]?.groups;
        })
        .toBe(3);
      await stage.corp.post("/hook", { url: `${address}/hooks/default/wecom/` });
      const state = JSON.stringify(await context.storageState());
      await context.close();
      await use(state);
    },
    { scope: "worker" },
  ],
});

let config: Line = {};

test.describe.configure({ mode: "serial", timeout: 240_000 });

async function open(page: Page, stage: Stage, part: string): Promise<void> {
  await page.goto(`${stage.server.address}/connections/wecom/wecom?part=${part}`);
  await settled(page);
}

/** What the corporation has: messages that arrived, groups. */
async function there(
  stage: Stage,
): Promise<{ posted: Record<string, string>[] | null; chats: Record<string, string>[] }> {
  const state = (await stage.corp.post("/state")) as { result: Record<string, unknown> };
  return state.result as never;
}

test("groups show their owners and what may still be sent", async ({ page, stage, entered }) => {
  await enter(page, entered);
  await page.goto(`${stage.server.address}/connections/wecom`);
  await page.getByRole("link", { name: "管理企业微信" }).click();
  await expect(page.getByRole("heading", { name: "企业微信管理" })).toBeVisible();
  await expect(page.getByRole("link", { name: "会员福利 1 群" })).toBeVisible();
  await expect(page.getByText(/^群主 zhangsan/).first()).toBeVisible();
  await expect(page.getByText("群主已离职，待接手")).toBeVisible();
  await expect(page.getByText(/本期还能群发 \d+ \/ \d+ 次/).first()).toBeVisible();
  await expect(page.getByText("这里不可得").first()).toBeVisible(); // no archive, nothing said can be counted
});

test("the file by which WeCom sees that the domain is ours is handed in and served", async ({
  page,
  stage,
  entered,
  playwright,
}) => {
  const stranger = await playwright.request.newContext({ baseURL: stage.server.address });
  await enter(page, entered);
  await page.goto(`${stage.server.address}/connections/wecom`);
  await page.getByRole("button", { name: "放上文件" }).click();
  const sheet = page.getByRole("dialog");
  const file = sheet.getByRole("group", { name: "验证文件" });
  const hand = (name: string, content: string) =>
    file
      .locator('input[type="file"]')
      .setInputFiles({ name, mimeType: "text/plain", buffer: Buffer.from(content, "utf8") });
  await hand("verify.txt", "x");
  await expect(file.getByRole("alert")).toContainText("文件名不对：verify.txt");
  await sheet.getByRole("button", { name: "保存" }).click();
  await expect(sheet).toBeVisible(); // nothing was saved
  await hand("WW_verify_Ab12Cd34.txt", "x".repeat(1025));
  await expect(file.getByRole("alert")).toContainText("超过 1 KB");
  await hand("WW_verify_Ab12Cd34.txt", "Ab12Cd34\n");
  await expect(file.getByRole("alert")).toHaveCount(0);
  await expect(file.getByLabel("文件名")).toHaveValue("WW_verify_Ab12Cd34.txt");
  expect((await stranger.get("/WW_verify_Ab12Cd34.txt")).status()).toBe(404);
  await sheet.getByRole("button", { name: "保存" }).click();
  await expect(sheet).toHaveCount(0);
  const link = page.getByRole("link", { name: /\/WW_verify_Ab12Cd34\.txt$/ });
  await expect(link).toHaveAttribute("href", "/WW_verify_Ab12Cd34.txt");
  const served = await stranger.get("/WW_verify_Ab12Cd34.txt");
  expect([served.status(), await served.text()]).toEqual([200, "Ab12Cd34\n"]);
  expect(served.headers()["content-type"]).toBe("text/plain; charset=utf-8");
  const audit = await page.request.get(`${stage.server.address}/api/v1/communities/default/audit`);
  expect(await audit.text()).toContain("WW_verify_Ab12Cd34.txt");

  await page.getByRole("button", { name: "编辑" }).click();
  await file.getByRole("button", { name: "清空" }).click();
  await sheet.getByRole("button", { name: "保存" }).click();
  await expect(page.getByRole("button", { name: "放上文件" })).toBeVisible();
  expect((await stranger.get("/WW_verify_Ab12Cd34.txt")).status()).toBe(404);
  await stranger.dispose();
});

test("a join code is made once and shows its picture", async ({ page, stage, entered }) => {
  await enter(page, entered);
  await open(page, stage, "codes");
  await page.getByRole("button", { name: "新建活码" }).click();
  await page.getByRole("button", { name: "保存" }).click();
  await expect(page.getByText("这里不能空着。")).toBeVisible();
  await page.getByLabel("用在哪里").fill("门店海报");
  const leads = page.getByRole("combobox", { name: "通向哪些群" });
  await choose(leads, "会员福利 1 群");
  await choose(leads, "会员福利 2 群");
  await page.keyboard.press("Escape");
  await page.getByLabel("新群的名字").fill("会员福利群");
  await page.getByRole("button", { name: "保存" }).click();
  const card = page.getByRole("article", { name: "门店海报" });
  await expect(card.getByText(/1\. 会员福利 1 群/)).toBeVisible();
  await expect(card.getByText("都满了自动建新群：会员福利群1")).toBeVisible();
  const picture = card.getByRole("img", { name: "活码：门店海报" });
  await expect.poll(() => picture.evaluate((i) => (i as HTMLImageElement).naturalWidth)).toBeGreaterThan(0);
});

test("a contact code is made, counts who came by it, and is deleted", async ({ page, stage, entered }) => {
  await enter(page, entered);
  await open(page, stage, "contacts");
  await page.getByRole("button", { name: "新建渠道活码" }).click();
  const sheet = page.getByRole("dialog");
  await sheet.getByRole("button", { name: "保存" }).click();
  await expect(sheet.getByText("这里不能空着。")).toBeVisible();
  await sheet.getByLabel("用在哪里").fill("北门海报");
  await sheet.getByRole("combobox", { name: "加哪些员工" }).fill("zhangsan,lisi,");
  await sheet.getByText("新建渠道活码").click(); // closes the list
  await sheet.getByLabel("渠道标记（可不填）").fill("north-door");
  await sheet.getByRole("button", { name: "保存" }).click();
  const card = page.getByRole("article", { name: "北门海报" });
  await expect(card.getByText("加谁为好友：zhangsan、lisi")).toBeVisible();
  await expect(card.getByText("近 30 天还没有人扫码")).toBeVisible();
  const picture = card.getByRole("img", { name: "渠道活码：北门海报" });
  await expect.poll(() => picture.evaluate((i) => (i as HTMLImageElement).naturalWidth)).toBeGreaterThan(0);

  const customer = "wmSIM0000000000000000000000009";
  await stage.corp.post("/befriend", { member: customer, name: "小赵", employee: "lisi", state: "north-door" });
  const codes = `${stage.server.address}/api/v1/communities/default/connections/wecom/wecom/contact-codes`;
  await expect
    .poll(
      async () => ((await (await page.request.get(codes)).json()) as { codes: { people: number }[] }).codes[0]?.people,
    )
    .toBe(1);
  await page.reload();
  await expect(card.getByText("近 30 天 1 人扫码加了好友")).toBeVisible();

  await card.getByRole("button", { name: "编辑" }).click();
  await sheet.getByLabel("用在哪里").fill("南门海报");
  await sheet.getByRole("switch", { name: "不用验证" }).click();
  await sheet.getByRole("button", { name: "保存" }).click();
  const renamed = page.getByRole("article", { name: "南门海报" });
  await expect(renamed.getByText("要员工通过验证")).toBeVisible();
  await expect(renamed.getByText(/渠道标记 north-door/)).toBeVisible();
  await renamed.getByRole("button", { name: "删除" }).click();
  await sheet.getByRole("button", { name: "删除" }).click();
  await expect(page.getByText("还没有渠道活码")).toBeVisible();
});

test("a new contact is welcomed with the code of the platform", async ({ page, stage, entered }) => {
  await enter(page, entered);
  await open(page, stage, "greetings");
  await page.getByRole("switch", { name: "自动发送" }).click();
  await page.getByLabel("内容").fill("你好，{name}");
  await page.getByRole("button", { name: "保存" }).click();
  await expect(page.getByText("已保存")).toBeVisible();
  const customer = "wmSIM0000000000000000000000001";
  await stage.corp.post("/befriend", { member: customer, name: "小李", employee: "zhangsan" });
  await expect
    .poll(async () => ((await there(stage)).posted ?? []).filter((p) => p.Kind === "welcome"))
    .toEqual([expect.objectContaining({ To: customer, Text: "你好，小李" })]);

  await page.getByRole("button", { name: "新建素材" }).click();
  await page.getByRole("dialog").getByLabel("内容").fill("欢迎 %NICKNAME%");
  await page.getByRole("dialog").getByRole("button", { name: "保存" }).click();
  await expect(page.getByRole("main").getByText("欢迎 %NICKNAME%")).toBeVisible();
});

test("customers are tagged", async ({ page, stage, entered }) => {
  await enter(page, entered);
  await open(page, stage, "tags");
  await page.getByLabel("标签组").fill("意向");
  await page.getByRole("combobox", { name: "标签名称" }).fill("高,低,");
  await page.getByRole("button", { name: "添加标签" }).click();
  await expect(page.getByRole("button", { name: "高", exact: true })).toBeVisible();
  await page.getByLabel("员工账号").fill("zhang");
  await page.getByTitle("zhangsan").click();
  await choose(page.getByRole("combobox", { name: "小李 的标签" }), "高");
  await page.reload();
  await settled(page);
  await page.getByLabel("员工账号").fill("zhang");
  await page.getByTitle("zhangsan").click();
  await expect(page.getByTitle("高", { exact: true })).toBeVisible();
});

test("a lexicon becomes text to paste and a rule", async ({ page, stage, entered }) => {
  await enter(page, entered);
  const list = { id: "ads", group: 0, name: "广告词", category: "", text: "返利\n加微信\n兼职+日结", version: 0 };
  const { address } = stage.server;
  const kept = await page.request.put(`${address}/api/v1/communities/default/lexicons/ads`, {
    headers: { origin: address },
    data: list,
  });
  expect(kept.status()).toBe(200);
  await open(page, stage, "words");
  await choose(page.getByRole("combobox", { name: "群英里的词库" }), "广告词");
  await expect(page.getByText("1 条带不过去")).toBeVisible();
  await expect(page.getByLabel("词库名称")).toHaveValue("广告词");
  await page.getByRole("button", { name: "生成" }).click();
  await expect(page.getByText("第 1 段，2 个词")).toBeVisible();
  await page.getByRole("button", { name: "另建员工规则" }).click();
  await page.getByRole("combobox", { name: "对哪些员工有效" }).fill("zhangsan,");
  await page.getByRole("dialog").getByText("新建规则").click(); // closes the list
  await page.getByRole("dialog").getByRole("button", { name: "保存" }).click();
  await expect(page.getByRole("dialog")).toBeHidden();
  await expect(page.getByRole("paragraph").filter({ hasText: "广告词" })).toBeVisible();
});

test("who has not sent a message is reminded, three times at most", async ({ page, stage, entered }) => {
  await enter(page, entered);
  const { address } = stage.server;
  const groups = await page.request.get(`${address}/api/v1/communities/default/groups`);
  const group = ((await groups.json()) as { groups: { id: number }[] }).groups[0]?.id;
  await page.request.post(`${address}/api/v1/communities/default/groups/${group}/messages`, {
    headers: { origin: address, "idempotency-key": "mass-message-1" },
    data: { text: "周五会员日" },
  });
  await expect
    .poll(async () => {
      const answer = await page.request.get(`${address}/api/v1/communities/default/connections/wecom/wecom/sends`);
      return ((await answer.json()) as { sends: unknown[] }).sends.length;
    })
    .toBe(1);
  await open(page, stage, "sends");
  const send = page.getByRole("article", { name: "周五会员日" });
  await expect(send.getByText(/^还没点发送：/)).toBeVisible();
  for (const n of [1, 2, 3]) {
    await send.getByRole("button", { name: "催一下" }).click();
    await expect(send.getByText(`24 小时内已催 ${n} / 3 次`)).toBeVisible();
  }
  await expect(send.getByRole("button", { name: "催一下" })).toBeDisabled();
});

test("groups are handed over, and what is refused says why", async ({ page, stage, entered }) => {
  await enter(page, entered);
  await open(page, stage, "handover");
  await page.getByRole("checkbox", { name: "华东门店群" }).check();
  await page.getByLabel("新群主").fill("lisi");
  await page.getByRole("button", { name: "转交 1 个群" }).click();
  await expect.poll(async () => (await there(stage)).chats.find((c) => c.ID === "wrSIMGROUP0003")?.Owner).toBe("lisi");
  await expect(page.getByText("已转交 1 个群")).toBeVisible();

  // The owner leaves while we look.
  await page.getByText("在职转接", { exact: true }).click();
  await page.getByRole("checkbox", { name: "会员福利 1 群" }).check();
  await stage.corp.post("/resign", { member: "zhangsan" });
  await page.getByLabel("新群主").fill("zhaoliu");
  await page.getByRole("button", { name: "转交 1 个群" }).click();
  await expect(page.getByText("会员福利 1 群：群主已经离职，请用「离职继承」。")).toBeVisible();
});
