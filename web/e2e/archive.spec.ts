import type { Page } from "@playwright/test";
import { test as base, choose, firstRun, expect as promptly, settled } from "./console.ts";
import { Archive, freePort, wecom } from "./rigs.ts";
import { serve } from "./server.ts";

// WeCom's chat archive beside the app of the same corporation: what it reads, whom it
// does not, and what it says when a key is missing.

// Messages are fetched every ten seconds.
const expect = promptly.configure({ timeout: 60_000 });
const test = base;

test.describe.configure({ timeout: 300_000 });

const group = "wrSIMGROUP0001";

test("the archive says who is read, who refused, and which key is missing", async ({ page }) => {
  const archive = new Archive();
  await archive.build();
  const corp = await wecom(await freePort(), ["--corp", archive.folder, "--secret", archive.secret]);
  const ready = await corp.start();
  const server = await serve({ demo: false, more: ["--allow-private", "--wecom-api", String(ready.api)] });
  const api = `${server.address}/api/v1/communities/default/connections`;
  const save = async (name: string, driver: string, config: object, version = 0) => {
    const saved = await page.request.put(`${api}/${name}`, {
      headers: { origin: server.address },
      data: { driver, title: name, config, adopt_all: true, version },
    });
    expect(saved.status()).toBe(200);
  };
  try {
    await corp.post("/found", { group, name: "会员福利群", owner: "zhangsan" });
    for (const [member, name, state] of [
      ["wm-ann", "安安", "Agree"],
      ["wm-bo", "小博", "Disagree"],
    ]) {
      await corp.post("/join", { group, member, name, scene: 3 });
      await corp.post("/consent", { group, member, state });
    }
    await corp.post("/seat", { member: "zhangsan", text: "service" });
    archive.say(group, "wm-ann", "什么时候发货");
    archive.refuse(group, "wm-bo");
    await firstRun(page, server);
    await save("app", "wecom", ready.config as object);
    await save("archive", "wecom-archive", archive.config());

    await page.goto(`${server.address}/connections/app/wecom?part=archive`);
    await expect(page.getByText("1 个席位", { exact: true })).toBeVisible();
    await expect(page.getByText("服务版 zhangsan")).toBeVisible();
    await expect(async () => {
      await page.reload(); // its refusal is archived, and fetched
      await settled(page);
      await choose(page.getByRole("combobox", { name: "看哪个群" }), "会员福利群");
      await expect(lineOf(page, "小博")).toContainText("起缺失", { timeout: 5_000 });
    }).toPass();
    await expect(lineOf(page, "小博")).toContainText("不同意");
    await expect(lineOf(page, "安安")).toContainText("同意");

    // Both connections reach the group: what was said is there once, and it is found under either.
    for (const name of ["app", "archive"]) {
      await page.goto(`${server.address}/capabilities?connection=${name}`);
      const row = page.getByRole("row", { name: /会员福利群/ });
      await expect(row.getByRole("link", { name: "app" })).toBeVisible();
      await expect(row.getByRole("link", { name: "archive" })).toBeVisible();
    }
    await page.getByRole("link", { name: "会员福利群" }).click();
    await expect(page.getByText("什么时候发货")).toHaveCount(1);

    archive.changeKey();
    archive.say(group, "wm-ann", "用新钥匙说的");
    await page.goto(`${server.address}/connections/archive`);
    await expect(page.getByText("缺少对应版本的私钥")).toBeVisible();
    await expect(page.getByRole("heading", { name: "发送限制" })).toHaveCount(0); // it only reads
    await page.getByRole("button", { name: "测试" }).click();
    await expect(page.getByRole("list", { name: "测试结果" }).getByText("缺少对应版本的私钥")).toBeVisible();
    await save("archive", "wecom-archive", archive.config(), 1);
    await expect(page.getByText("缺少对应版本的私钥").first()).toBeHidden();
  } finally {
    await page.goto("about:blank"); // it asks nobody who is gone
    await server.stop();
    await corp.kill();
    archive.remove();
  }
});

const lineOf = (page: Page, name: string) => page.getByRole("listitem").filter({ hasText: name });
