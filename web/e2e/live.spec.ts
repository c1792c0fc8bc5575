import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "@playwright/test";
import { accessible, test as base, enter, firstRun, expect as promptly, settled } from "./console.ts";
import { freePort, type Line, type Program, rig, wecom } from "./rigs.ts";
import { type Running, serve } from "./server.ts";

// A day of an operator with groups on three networks: a Koishi with Satori and a
// Wechaty gateway, which others wrote, and a simulated WeCom.

interface Live {
  server: Running;
  koishi: Program;
  koishiAt: string;
  gateway: Program;
  gatewayAt: string;
  corp: Program;
  corpKeys: Line;
}

// Starting, connecting and coming back take a while on a busy machine.
const expect = promptly.configure({ timeout: 60_000 });

const token = "koishi-token-2f7d81c0";
const gatewayToken = "insecure_wechaty-token-9b1e";

/** Two by two pixels. */
const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEUlEQVR42mP4z8DA8B+MgBgAHfAD/a4/4jgAAAAASUVORK5CYII=",
  "base64",
);

const test = base.extend<object, { live: Live; entered: string }>({
  live: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the parameter's shape
    async ({}, use) => {
      const [koishiPort, gatewayPort, corpPort] = [await freePort(), await freePort(), await freePort()];
      const [koishi, gateway, corp] = await Promise.all([
        rig("satori-server", "server.js", { PORT: String(koishiPort), TOKEN: token }),
        rig("wechaty-gateway", "gateway.mjs", { PORT: String(gatewayPort), TOKEN: gatewayToken }),
        wecom(corpPort),
      ]);
      const [, , ready] = await Promise.all([koishi.start(), gateway.start(), corp.start()]);
      const server = await serve({ demo: false, more: ["--allow-private", "--wecom-api", String(ready.api)] });
      await use({
        server,
        koishi,
        koishiAt: `http://127.0.0.1:${koishiPort}/satori`,
        gateway,
        gatewayAt: `127.0.0.1:${gatewayPort}`,
        corp,
        corpKeys: ready.config as Line,
      });
      await server.stop();
      await Promise.all([koishi.kill(), gateway.kill(), corp.kill()]);
    },
    { scope: "worker", timeout: 300_000 }, // the first time, packages are fetched
  ],
  entered: [
    async ({ browser, live }, use) => {
      const context = await browser.newContext({ locale: "zh-CN" });
      await firstRun(await context.newPage(), live.server);
      const state = JSON.stringify(await context.storageState());
      await context.close();
      await use(state);
    },
    { scope: "worker" },
  ],
});

test.describe.configure({ mode: "serial", timeout: 240_000 }); // programs start and stop in it

/** Goes through the wizard up to where groups are chosen. */
async function connect(page: Page, address: string, network: string, fill: () => Promise<void>): Promise<void> {
  await page.goto(`${address}/connections`);
  await settled(page);
  await page.getByRole("button", { name: "添加连接" }).first().click();
  await page.getByRole("link", { name: network }).click();
  await fill();
  await page.getByRole("button", { name: "测试", exact: true }).click();
  await expect(page.getByRole("list", { name: "测试结果" })).toBeVisible();
  await page.getByRole("button", { name: /^(保存并连接|仍然保存)$/ }).click();
  await expect(page.getByRole("heading", { name: "待接入的群" })).toBeVisible();
}

/** Adopts a group where the wizard offers it, and opens its page. */
async function adopt(page: Page, address: string, group: RegExp): Promise<void> {
  await page.getByRole("checkbox", { name: group }).check();
  await page.getByRole("button", { name: "接入 1 个群" }).click();
  await expect(page.getByText("已接入 1 个群")).toBeVisible();
  await page.getByRole("button", { name: "完成" }).click();
  await expect(page.getByText("在线", { exact: true }).first()).toBeVisible();
  await open(page, address, group);
}

async function open(page: Page, address: string, group: RegExp): Promise<void> {
  await page.goto(`${address}/groups`);
  await page.getByRole("link", { name: group }).first().click();
  await expect(page.getByRole("heading", { level: 1, name: group })).toBeVisible();
}

const line = (page: Page, text: string) => page.getByRole("article").filter({ hasText: text });

/** Chooses what to do about a line of the conversation. */
async function about(page: Page, text: string, what: string | RegExp): Promise<void> {
  await line(page, text)
    .getByRole("button", { name: /^对 .*(的这条消息|这个人)$/ })
    .click();
  await page.getByRole("menuitem", { name: what }).click();
}

/** Removes who wrote a line, because it is spam. */
async function removes(page: Page, text: string, go: string): Promise<void> {
  await about(page, text, /移出群/);
  const sheet = page.getByRole("dialog");
  const why = sheet.getByRole("button", { name: "广告" });
  await expect(async () => {
    await why.click(); // lost where the sheet is still moving in
    await expect(why).toHaveAttribute("aria-pressed", "true", { timeout: 1000 });
  }).toPass();
  await sheet.getByRole("button", { name: go, exact: true }).click();
}

async function announces(page: Page, text: string, go: string): Promise<void> {
  await page.getByRole("button", { name: "操作" }).click();
  await page.getByRole("menuitem", { name: /发群公告/ }).click();
  const sheet = page.getByRole("dialog");
  await sheet.getByLabel("公告内容").fill(text);
  await sheet.getByRole("button", { name: go, exact: true }).click();
}

async function replies(page: Page, text: string): Promise<void> {
  await page.getByLabel("发到群里的消息").fill(text);
  await page.getByRole("button", { name: "发送", exact: true }).click();
}

/** Lets Koishi's bot hear a message. */
const pushed = (live: Live, id: string, user: string, content: string) =>
  live.koishi.post("/push", {
    type: "message-created",
    guild: { id: "g1" },
    channel: { id: "g1", type: 0 },
    user: { id: user, name: user },
    message: { id, content },
  });

test("a Koishi is connected, heard and acted in", async ({ page, live, entered }) => {
  await enter(page, entered);
  const { address } = live.server;
  await connect(page, address, "Satori（Koishi 等）", async () => {
    await page.getByLabel("名称").fill("读书群机器人");
    await page.getByLabel("网关地址").fill(live.koishiAt);
    await page.getByLabel("访问令牌").fill(token);
  });
  await adopt(page, address, /g1/);

  await pushed(live, "x1", "u2", "加我微信领红包");
  await expect(line(page, "加我微信领红包")).toBeVisible();
  await replies(page, "请不要发广告");
  await live.koishi.called("message.create", { channel_id: "g1", content: "请不要发广告" });
  await expect(page.getByText("已送达")).toBeVisible();
  await removes(page, "加我微信领红包", "移出群");
  await live.koishi.called("guild.member.kick", { guild_id: "g1", user_id: "u2" });
  await expect(page.getByRole("dialog").getByText("已完成")).toBeVisible();
  await page.keyboard.press("Escape");
  // Satori knows no announcements: somebody makes it in the platform's client.
  await announces(page, "今晚八点共读", "建一条待办");
  await expect(page.getByRole("dialog").getByText("要由人来做")).toBeVisible();
});

test("a WeChat account is let in by its code, heard and acted in", async ({ page, live, entered }) => {
  await enter(page, entered);
  const { address } = live.server;
  await connect(page, address, "Wechaty（微信）", async () => {
    await page.getByLabel("网关地址").fill(live.gatewayAt);
    await page.getByLabel("令牌", { exact: true }).fill(gatewayToken);
    await page.getByRole("radio", { name: "不加密" }).check();
  });
  await expect(page.getByRole("checkbox", { name: "Rig Room" })).toBeVisible();

  const panel = page.getByRole("region", { name: "登录账号" });
  await live.gateway.post("/emit", { event: "logout", payload: { contactId: "bot", data: "" } });
  await live.gateway.post("/emit", { event: "scan", payload: { qrcode: "https://login.example/x1", status: 2 } });
  await expect(panel.getByRole("img", { name: "登录二维码" })).toBeVisible();
  await accessible(page);
  await live.gateway.post("/emit", { event: "scan", payload: { qrcode: "https://login.example/x1", status: 3 } });
  await expect(panel.getByText("已扫码，请在手机上确认")).toBeVisible();
  await live.gateway.post("/emit", { event: "login", payload: { contactId: "bot" } });
  await expect(panel).toHaveCount(0);
  await adopt(page, address, /Rig Room/);

  await live.gateway.post("/say", { from: "carol", room: "room1@chatroom", text: "大家好，代购看我" });
  await expect(line(page, "大家好，代购看我").getByText("Carol")).toBeVisible();
  await replies(page, "欢迎");
  await live.gateway.called("MessageSendText", { conversation: "room1@chatroom", text: "欢迎" });
  await expect(line(page, "欢迎").getByText("我们", { exact: true })).toBeVisible();
  await announces(page, "今晚八点共读", "发布");
  await live.gateway.called("RoomAnnounce", { room: "room1@chatroom", text: "今晚八点共读" });
  await expect(page.getByRole("dialog").getByText("已完成")).toBeVisible();
  await page.keyboard.press("Escape");
  await removes(page, "大家好，代购看我", "移出群");
  await live.gateway.called("RoomDel", { room: "room1@chatroom", contact: "carol" });
  await expect(page.getByRole("dialog").getByText("已完成")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(line(page, "被我们移出群").getByText("Carol")).toBeVisible();
});

test("a WeCom customer group says what cannot be done, and a removal becomes a task", async ({
  page,
  live,
  entered,
}) => {
  await enter(page, entered);
  const { address } = live.server;
  await live.corp.post("/found", { group: "wrCustomers", name: "老客户群", owner: "zhangsan" });
  await connect(page, address, "企业微信（自建应用与客户群）", async () => {
    await page.getByRole("button", { name: "先往下填" }).click();
    await page.getByLabel("企业 ID").fill(String(live.corpKeys.corp_id));
    await page.getByLabel("应用 AgentId").fill(String(live.corpKeys.agent_id));
    await page.getByLabel("应用 Secret").fill(String(live.corpKeys.secret));
    await page.getByLabel("回调 Token").fill(String(live.corpKeys.token));
    await page.getByLabel("回调 EncodingAESKey").fill(String(live.corpKeys.aes_key));
  });
  const awaited = page.getByText("正在等平台的第一次回调");
  await expect(awaited).toBeVisible();
  await live.corp.post("/hook", { url: `${address}/hooks/default/wecom/` });
  await expect(awaited).toHaveCount(0); // nobody presses anything
  await expect(page.getByRole("list", { name: "测试结果" })).not.toContainText("还没收到回调");
  await adopt(page, address, /老客户群/);
  await expect(page.getByText("机器不能代发。")).toBeVisible();
  await expect(page.getByText("群里说了什么，这个连接读不到")).toBeVisible();
  await expect(page.getByRole("heading", { name: "还在哪些群" })).toBeVisible();
  await expect(page.getByRole("heading", { name: "冷场的提问" })).toHaveCount(0); // nobody can tell
  await page.getByRole("button", { name: "操作" }).click();
  await expect(page.getByRole("menuitem", { name: /全员禁言/ })).toContainText("这个平台做不到");
  await page.keyboard.press("Escape");

  await live.corp.post("/join", { group: "wrCustomers", member: "wmSpammer", name: "推销员", scene: 3 });
  await expect(line(page, "推销员")).toBeVisible();
  await removes(page, "推销员", "建一条待办");
  await page.getByRole("dialog").getByRole("link", { name: "看待办" }).click();
  const task = page.getByRole("article").filter({ hasText: "推销员" });
  await expect(task.getByText("平台 ID wmSpammer")).toBeVisible();
  await accessible(page);

  await live.corp.post("/leave", { group: "wrCustomers", member: "wmSpammer", removed: true });
  await expect(task).toHaveCount(0);
  await page.getByText("做完的", { exact: true }).click();
  await expect(task.getByText(/自动确认：看到成员已退群/)).toBeVisible();
});

test("a picture is kept when it is posted, and what is no picture is not", async ({ page, live, entered }) => {
  // The site where pictures lie is gone afterwards, as addresses of chat platforms are.
  const site = createServer((req, res) => res.end(req.url === "/a.png" ? png : "<script>alert(1)</script>"));
  await new Promise<void>((ready) => site.listen(0, "127.0.0.1", ready));
  const at = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  await enter(page, entered);
  const { address } = live.server;
  await open(page, address, /g1/);
  await pushed(live, "p1", "u1", `今日封面 <img src="${at}/a.png"/>`);
  await pushed(live, "p2", "u1", `假图片 <img src="${at}/b.png"/>`);
  const picture = line(page, "今日封面").getByRole("img", { name: "消息中的图片" });
  await expect(picture).toBeVisible();
  await expect(line(page, "假图片").getByText("未留存：内容不是所称的图片")).toBeVisible();
  await new Promise((closed) => site.close(closed));

  await page.reload();
  await picture.scrollIntoViewIfNeeded();
  await expect.poll(() => picture.evaluate((i: HTMLImageElement) => i.complete && i.naturalWidth)).toBe(2);
  const full = await page.request.get(new URL((await picture.locator("..").getAttribute("href")) ?? "", address).href);
  expect(full.headers()["content-type"]).toBe("image/png");
  expect(Buffer.compare(await full.body(), png)).toBe(0);

  await page.goto(`${address}/settings/privacy`);
  const panel = page.getByRole("region", { name: "消息中的图片和文件" });
  await expect(panel.getByText(/1 个文件/)).toBeVisible();
  await panel.getByLabel("保存多少天").fill("7");
  await panel.getByRole("button", { name: "保存留存设置" }).click();
  await expect(panel.getByText("已保存")).toBeVisible();
  await page.reload(); // the notice is written from what is saved
  await expect(page.getByText("消息中的图片等文件：7 天。")).toBeVisible();
  await accessible(page);
});

/** Opens the page of Koishi's connection; counts the stretches that its timeline draws as perhaps missed. */
async function missedStretches(page: Page, live: Live): Promise<number> {
  await page.goto(`${live.server.address}/connections`);
  await page.getByRole("link", { name: "读书群机器人" }).first().click();
  const past = page.getByRole("img", { name: /^最近 30 天 / });
  await expect(past).toBeVisible();
  return past.locator(".hatched").count(); // drawn together with the rest of it
}

test("a gateway is lost in the middle of traffic, and the gap is drawn", async ({ page, live, entered }) => {
  await enter(page, entered);
  const missedBefore = await missedStretches(page, live);
  await open(page, live.server.address, /g1/);
  for (let i = 0; i < 10; i++) await pushed(live, `before${i}`, "u1", `断线前 ${i}`);
  await live.koishi.kill();
  await expect(page.getByText(/“读书群机器人”不在线/)).toBeVisible();
  // The other network's groups go on meanwhile.
  await live.gateway.post("/say", { from: "alice", room: "room1@chatroom", text: "这边照常" });
  await live.koishi.start();
  await expect(page.getByText(/“读书群机器人”不在线/)).toHaveCount(0);
  for (let i = 0; i < 10; i++) await pushed(live, `after${i}`, "u1", `重启后 ${i}`);
  await expect(line(page, "重启后 9")).toHaveCount(1);
  const strip = page.getByRole("region", { name: "数据覆盖" });
  await expect(strip.locator(".hatched")).toHaveCount(1);
  await expect(strip.getByText("1 天中 1 天有数据")).toBeVisible(); // a moment spoils no day
  await expect(strip.getByText("另有 1 段不到一小时的缺失")).toBeVisible();
  await accessible(page);

  await expect.poll(() => missedStretches(page, live)).toBeGreaterThan(missedBefore);
  await accessible(page);
  await open(page, live.server.address, /Rig Room/);
  await expect(line(page, "这边照常")).toHaveCount(1);
});
