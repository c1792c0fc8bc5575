import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "@playwright/test";
import { accessible, test as base, enter, firstRun, phone, prefer, expect as promptly, settled } from "./console.ts";
import { type Running, serve } from "./server.ts";

// An Official Account is managed: codes with scenes, and its menu, on a stand-in of
// WeChat's interface.

// Starting and connecting take a while on a busy machine.
const expect = promptly.configure({ timeout: 60_000 });

const token = "followingtoken";

interface Button {
  name: string;
  type?: string;
  url?: string;
  sub_button?: Button[];
}

/** WeChat, as far as this needs it. */
class WeChat {
  menu: Button[] = [];
  scenes: string[] = [];
  private readonly server: Server = createServer((request, response) => {
    void this.answer(request).then((body) => {
      response.setHeader("Content-Type", "application/json");
      response.end(JSON.stringify(body));
    });
  });

  async start(): Promise<string> {
    await new Promise<void>((done) => this.server.listen(0, "127.0.0.1", done));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  private async answer(request: IncomingMessage): Promise<object> {
    let text = "";
    for await (const part of request) text += String(part);
    const body = (text ? JSON.parse(text) : {}) as {
      button?: Button[];
      action_info?: { scene: { scene_str: string } };
      expire_seconds?: number;
    };
    const path = new URL(request.url ?? "/", "http://x").pathname;
    switch (path) {
      case "/cgi-bin/stable_token":
        return { access_token: "t", expires_in: 7200 };
      case "/cgi-bin/qrcode/create":
        this.scenes.push(body.action_info?.scene.scene_str ?? "");
        return {
          ticket: "k",
          expire_seconds: body.expire_seconds,
          url: `http://weixin.qq.com/q/${this.scenes.length}`,
        };
      case "/cgi-bin/menu/get":
        return this.menu.length ? { menu: { button: this.menu } } : { errcode: 46003, errmsg: "menu no exist" };
      case "/cgi-bin/menu/create":
        this.menu = body.button ?? [];
        break;
      case "/cgi-bin/menu/delete":
        this.menu = [];
        break;
      default:
        return { errcode: 48001, errmsg: "api unauthorized" };
    }
    return { errcode: 0, errmsg: "ok" };
  }
}

/** Tells the server what somebody did, as WeChat calls it. */
async function happened(server: Running, who: string, event: string, key: string): Promise<void> {
  const at = String(Math.floor(Date.now() / 1000));
  const signature = createHash("sha1").update([token, at, who].sort().join("")).digest("hex");
  const query = new URLSearchParams({ signature, timestamp: at, nonce: who });
  const body = `<xml><ToUserName>gh_1</ToUserName><FromUserName>${who}</FromUserName><CreateTime>${at}</CreateTime><MsgType>event</MsgType><Event>${event}</Event><EventKey>${key}</EventKey></xml>`;
  const answer = await fetch(`${server.address}/hooks/default/gzh/?${query}`, { method: "POST", body });
  expect(answer.status).toBe(200);
}

interface Stage {
  server: Running;
  wechat: WeChat;
}

const test = base.extend<object, { stage: Stage; entered: string }>({
  stage: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the parameter's shape
    async ({}, use) => {
      const wechat = new WeChat();
      const api = await wechat.start();
      const server = await serve({ demo: false, more: ["--allow-private", "--mp-api", api] });
      await use({ server, wechat });
      await server.stop();
      await wechat.stop();
    },
    { scope: "worker", timeout: 300_000 },
  ],
  entered: [
    async ({ browser, stage }, use) => {
      const context = await browser.newContext({ locale: "zh-CN" });
      const page = await context.newPage();
      await firstRun(page, stage.server);
      const { address } = stage.server;
      const saved = await page.request.put(`${address}/api/v1/communities/default/connections/gzh`, {
        headers: { origin: address },
        data: {
          driver: "mp",
          title: "茶友会公众号",
          config: { app_id: "wx1", secret: "s", token, mode: "plain" },
          adopt_all: true,
          version: 0,
        },
      });
      expect(saved.status()).toBe(200);
      await expect
        .poll(async () => {
          const answer = await page.request.get(`${address}/api/v1/communities/default/connections`);
          return ((await answer.json()) as { connections: { health: { state: string } }[] }).connections[0]?.health
            .state;
        })
        .toBe("online");
      const state = JSON.stringify(await context.storageState());
      await context.close();
      await use(state);
    },
    { scope: "worker" },
  ],
});

test.describe.configure({ mode: "serial", timeout: 240_000 });

async function open(page: Page, stage: Stage, part: string): Promise<void> {
  await page.goto(`${stage.server.address}/connections/gzh/following?part=${part}`);
  await settled(page);
}

test("a code is made, drawn, and counts who came by it", async ({ page, stage, entered }) => {
  await enter(page, entered);
  await page.goto(`${stage.server.address}/connections/gzh`);
  await page.getByRole("link", { name: "管理公众号" }).click();
  await expect(page.getByText("还没有渠道二维码")).toBeVisible();
  await page.getByRole("button", { name: "新建二维码" }).click();
  const sheet = page.getByRole("dialog");
  await sheet.getByRole("button", { name: "保存" }).click();
  await expect(sheet.getByText("这里不能空着。")).toBeVisible();
  await sheet.getByLabel("用在哪里").fill("南山店海报");
  await sheet.getByLabel("渠道标记（可不填）").fill("store-1");
  await sheet.getByRole("button", { name: "保存" }).click();
  const card = page.getByRole("article", { name: "南山店海报" });
  await expect(card.getByText("渠道标记 store-1")).toBeVisible();
  await expect(card.getByText("永久有效")).toBeVisible();
  await expect(card.locator("canvas")).toBeVisible();
  expect(stage.wechat.scenes).toEqual(["store-1"]);

  await happened(stage.server, "oAnn", "subscribe", "qrscene_store-1");
  await happened(stage.server, "oBob", "SCAN", "store-1");
  await page.reload();
  await expect(card.getByText("新关注 1 次，已关注的人扫码 1 次，共 2 人")).toBeVisible();
  const download = page.waitForEvent("download");
  await card.getByRole("button", { name: "下载" }).click();
  expect((await download).suggestedFilename()).toBe("南山店海报.png");

  await card.getByRole("button", { name: "改名" }).click();
  await page.getByRole("dialog").getByLabel("用在哪里").fill("北门海报");
  await page.getByRole("dialog").getByRole("button", { name: "保存" }).click();
  const renamed = page.getByRole("article", { name: "北门海报" });
  await expect(renamed).toBeVisible();
  await renamed.getByRole("button", { name: "移除" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "移除" }).click();
  await expect(page.getByText("还没有渠道二维码")).toBeVisible();
});

test("a menu is published, changed and taken away", async ({ page, stage, entered }) => {
  await enter(page, entered);
  await open(page, stage, "menu");
  await page.getByRole("button", { name: "加菜单" }).click();
  await page.getByRole("button", { name: "发布菜单" }).click();
  await expect(page.getByText("这里不能空着。")).toBeVisible();
  await page.getByLabel("名称").fill("签到");
  await page.getByLabel("网页地址").fill("https://qun.example/m");
  await page.getByRole("button", { name: "发布菜单" }).click();
  await expect(page.getByRole("status").filter({ hasText: "和微信上的一致" })).toBeVisible();
  await expect.poll(() => stage.wechat.menu).toEqual([{ name: "签到", type: "view", url: "https://qun.example/m" }]);

  // Somebody else changes it at WeChat: it is not overwritten unseen.
  stage.wechat.menu = [{ name: "签到", type: "view", url: "https://elsewhere.example" }];
  await page.reload();
  await expect(page.getByLabel("网页地址")).toHaveValue("https://elsewhere.example");
  await page.getByRole("button", { name: "删掉" }).click();
  await page.getByRole("button", { name: "撤下菜单" }).click();
  await expect(page.getByText("公众号还没有菜单。")).toBeVisible();
  await expect.poll(() => stage.wechat.menu).toEqual([]);
});

for (const theme of ["light", "dark"] as const) {
  test(`its pages are accessible, ${theme}`, async ({ page, stage, entered }) => {
    await prefer(page, "zh-CN", theme);
    await enter(page, entered);
    stage.wechat.menu = [{ name: "更多", sub_button: [{ name: "签到", type: "view", url: "https://qun.example/m" }] }];
    for (const part of ["codes", "menu"]) {
      await open(page, stage, part);
      await expect(page.getByRole("heading", { level: 2 }).first()).toBeVisible();
      await accessible(page);
    }
  });
}

test.describe("on a phone", () => {
  test.use(phone);

  test("the menu fits", async ({ page, stage, entered }) => {
    await enter(page, entered);
    stage.wechat.menu = [{ name: "更多", sub_button: [{ name: "签到", type: "view", url: "https://qun.example/m" }] }];
    await open(page, stage, "menu");
    await expect(page.getByLabel("网页地址")).toBeVisible();
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(wide).toBeLessThanOrEqual(0);
  });
});
