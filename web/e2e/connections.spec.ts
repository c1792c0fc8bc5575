import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { accessible, enter, expect, settled, test } from "./console.ts";

interface Field {
  name: string;
  choices?: string[];
}

interface Words {
  title: string;
  risk: string;
  fields: Record<string, unknown>;
  choices: Record<string, string>;
}

const wordsIn = (language: string): Record<string, Words> =>
  JSON.parse(readFileSync(new URL(`../texts/connectors/${language}.json`, import.meta.url), "utf8"));

test("every network that can be connected is spoken of in both languages", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  const answer = await page.request.get(`${server.address}/api/v1/networks`);
  const { networks } = (await answer.json()) as { networks: { name: string; official: boolean; fields: Field[] }[] };
  expect(networks.length).toBeGreaterThan(1);
  for (const language of ["zh-CN", "en"]) {
    const words = wordsIn(language);
    for (const n of networks) {
      const said = words[n.name];
      expect(said?.title, `${n.name} in ${language}`).toBeTruthy();
      if (!n.official) expect(said?.risk, `the risk of ${n.name} in ${language}`).toBeTruthy();
      for (const f of n.fields) {
        expect(said?.fields, `${n.name} in ${language}`).toHaveProperty(f.name);
        for (const c of f.choices ?? []) expect(Object.keys(said?.choices ?? {})).toContain(`${f.name}.${c}`);
      }
    }
  }
});

/** Goes from the list to a simulated connection that is saved; ends where groups are chosen. */
async function connect(page: Page, address: string, title: string): Promise<void> {
  await page.goto(`${address}/connections`);
  await settled(page);
  await page.getByRole("button", { name: "添加连接" }).click();
  await page.getByRole("link", { name: "模拟网络" }).click();
  await page.getByLabel("名称").fill(title);
  await page.getByLabel("群的数量").fill("12");
  await page.getByRole("button", { name: "测试", exact: true }).click();
  await expect(
    page.getByRole("list", { name: "测试结果" }).getByRole("img", { name: "通过", exact: true }),
  ).toBeVisible();
  await page.getByRole("button", { name: "保存并连接" }).click();
  await expect(page.getByRole("heading", { name: "待接入的群" })).toBeVisible();
}

test("a network is connected, its groups adopted, and it is removed again", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  await connect(page, server.address, "试用号");

  await expect(page.getByText("全选（12 个群）")).toBeVisible();
  // The demonstration has groups g1 to g8 of the same network; the tenth is nobody else's.
  const answer = await page.request.get(`${server.address}/api/v1/communities/default/connections/sim/offers`);
  const { offers } = (await answer.json()) as { offers: { group: string; name: string }[] };
  const group = offers.find((o) => o.group === "g10")?.name ?? "";
  await page.getByRole("checkbox", { name: group }).check();
  await page.getByRole("button", { name: "接入 1 个群" }).click();
  await expect(page.getByText("已接入 1 个群")).toBeVisible();
  await page.getByRole("button", { name: "完成" }).click();

  await expect(page.getByRole("heading", { name: /^试用号/ })).toBeVisible();
  await expect(page.getByText("在线", { exact: true }).first()).toBeVisible();
  await page.getByRole("link", { name: "看看能做什么" }).click();
  await expect(page.getByRole("rowheader", { name: group })).toBeVisible();
  await expect(
    page
      .getByRole("row", { name: new RegExp(group) })
      .getByText("机器")
      .first(),
  ).toBeAttached();

  await page.goBack();
  await page.getByRole("button", { name: "暂停" }).click();
  await expect(page.getByText("暂停期间不收也不发")).toBeVisible();
  await page.getByRole("button", { name: "恢复" }).click();
  await expect(page.getByText("暂停期间不收也不发")).toHaveCount(0);

  await page.getByLabel("每天最多", { exact: true }).fill("-1");
  await expect(page.getByRole("button", { name: "保存" })).toBeDisabled();
  await page.getByLabel("每天最多", { exact: true }).fill("200");
  await page.getByRole("button", { name: "保存" }).click();
  await expect(page.getByText("这个连接有自己的限制。")).toBeVisible();

  await page.getByRole("button", { name: "编辑" }).click();
  const sheet = page.getByRole("dialog");
  await sheet.getByLabel("名称").fill("正式号");
  await sheet.getByRole("button", { name: "保存" }).click();
  await expect(page.getByRole("heading", { name: /^正式号/ })).toBeVisible();
  await expect(page.getByLabel("每天最多", { exact: true })).toHaveValue("200");

  await page.getByRole("button", { name: "移除" }).click();
  await expect(page.getByText("已经记录的消息、成员和统计全部保留。")).toBeVisible();
  await page.getByRole("dialog").getByRole("button", { name: "移除连接" }).click();
  await expect(page).toHaveURL(/\/connections$/);
  await expect(page.getByRole("article", { name: "正式号" })).toHaveCount(0);
});

test("a checklist is handed on and resumed, and secrets are not kept", async ({ page, context, server, signedIn }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await enter(page, signedIn);
  await page.goto(`${server.address}/connect?driver=wecom`);
  await page.getByRole("checkbox").first().check();
  await page.reload();
  await expect(page.getByRole("checkbox").first()).toBeChecked();
  await expect(page.getByText("完成 1 / 8")).toBeVisible();
  const file = page.getByRole("group", { name: "验证文件" });
  await file.getByLabel("文件名").fill("WW_verify_Ab12.txt");
  await file.getByLabel("文件内容").fill("验证");
  await page.getByRole("heading", { level: 1 }).click();
  await expect(file.getByRole("alert")).toContainText("请重新从平台下载");
  await file.getByLabel("文件内容").fill("Ab12");
  await expect(file.getByRole("alert")).toHaveCount(0);
  await page.reload();
  await page.getByRole("button", { name: "复制清单" }).click();
  await expect(page.getByRole("button", { name: "已复制" })).toBeVisible();
  const list = (await page.evaluate(() => navigator.clipboard.readText())).split("\n");
  expect(list.map((line) => line[0])).toEqual(["接", "☑", ..."☐☐☐☐☐☐☐", "平"]);
  expect(list.at(-1)).toContain(`${server.address}/hooks/default/wecom/`);
  await page.getByRole("button", { name: "先往下填" }).click();
  await expect(file.getByLabel("文件名")).toHaveValue("WW_verify_Ab12.txt");
  await expect(file.getByLabel("文件内容")).toHaveValue("Ab12");

  await page.getByRole("button", { name: "测试", exact: true }).click();
  await expect(page.getByText("必填。").first()).toBeVisible();
  await page.getByLabel("企业 ID").fill("ww0123456789abcdef");
  await page.getByLabel("应用 Secret", { exact: true }).fill("a secret of ours");
  await page.reload();
  await expect(page.getByLabel("企业 ID")).toHaveValue("ww0123456789abcdef");
  await expect(page.getByLabel("应用 Secret", { exact: true })).toHaveValue("");
  expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain("a secret of ours");

  await page.goto(`${server.address}/connect`);
  await expect(page.getByText("填到一半")).toBeVisible();
});

test("our address is shown where the platform has to know it", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  await page.goto(`${server.address}/connect?driver=onebot`);
  const ours = page.getByText(`${server.address}/hooks/default/onebot/`);
  await expect(page.getByRole("radio", { name: /^正向/ })).toBeChecked();
  await expect(ours).toHaveCount(0);
  await page.getByRole("radio", { name: /^反向/ }).check();
  await expect(ours).toBeVisible();
});

test("values that were made up are shown once, with the address to call", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  await page.goto(`${server.address}/connect?driver=webhook`);
  await page.getByLabel("标识").fill("shop");
  await page.getByRole("button", { name: "测试", exact: true }).click();
  await page.getByRole("button", { name: /保存并连接|仍然保存/ }).click();
  const made = page.getByRole("region", { name: "填到平台上" });
  await expect(made.getByText(`${server.address}/hooks/default/shop/`)).toBeVisible();
  const secret = (await made.locator("code").nth(1).textContent()) ?? "";
  expect(secret).toMatch(/^[A-Za-z0-9]{32}$/);
  await page.goto(`${server.address}/connections/shop`);
  await settled(page);
  await expect(page.getByText(`${server.address}/hooks/default/shop/`)).toBeVisible();
  await expect(page.getByText(secret)).toHaveCount(0);
  await page.getByRole("switch", { name: "新群也自动接入" }).click();
  await expect(page.getByRole("switch", { name: "新群也自动接入" })).toBeChecked();
});

test("an account is let in by scanning a code", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  const now = Date.now();
  let login = { step: "waiting", code: "https://login.example/abc", at: now, name: "" };
  await page.route("**/connections/demo/health", async (route) => {
    const answer = await route.fetch();
    const health = { state: "waiting", since: now, event_at: 0, lag: 0, heard: 0, errors: 0 };
    await route.fulfill({ json: { ...(await answer.json()), health, login } });
  });
  await page.goto(`${server.address}/connections/demo`);
  const panel = page.getByRole("region", { name: "登录账号" });
  await expect(panel.getByRole("img", { name: "登录二维码" })).toBeVisible();
  await accessible(page);
  login = { ...login, step: "scanned", code: "", name: "小号" };
  await expect(panel.getByText("已扫码，请在手机上确认")).toBeVisible();
  await expect(panel.getByRole("img", { name: "登录二维码" })).toHaveCount(0);
});

test("a webhook is added, paused, sent again and removed", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  await page.goto(`${server.address}/webhooks`);
  await settled(page);
  await page.getByRole("button", { name: "添加 Webhook" }).click();
  const sheet = page.getByRole("dialog");
  await sheet.getByRole("button", { name: "保存" }).click();
  await expect(sheet.getByText("填写 http 或 https 的完整地址。")).toBeVisible();
  await sheet.getByLabel("标识").fill("crm");
  await sheet.getByLabel("地址").fill("https://qunying.invalid/hook");
  await sheet.getByRole("switch", { name: "暂停" }).click();
  await sheet.getByRole("button", { name: "保存" }).click();
  await expect(page.getByText("签名密钥只显示这一次")).toBeVisible();
  await expect(page.locator("code")).toHaveText(/^[A-Za-z0-9]{32}$/);
  const line = page.getByRole("article", { name: "crm" });
  await expect(line.getByText("已暂停")).toBeVisible();

  await line.getByRole("button", { name: "重发" }).click();
  await page.getByRole("radio", { name: "从头全部重发" }).check();
  await page.getByRole("button", { name: "从这里发" }).click();
  await expect(line.getByText(/还有 [\d,]+ 条没发/)).toBeVisible();

  await page.reload();
  await expect(line).toBeVisible();
  await expect(page.locator("code")).toHaveCount(0);
  await line.getByRole("button", { name: "移除" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "移除" }).click();
  await expect(page.getByText("还没有 Webhook")).toBeVisible();
});
