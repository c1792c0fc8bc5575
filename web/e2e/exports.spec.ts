import { readFile } from "node:fs/promises";
import type { Locator } from "@playwright/test";
import { accessible, choose, enter, expect, phone, prefer, settled, test } from "./console.ts";

/** The lines of the file that a click saves. */
async function taken(click: Locator): Promise<string[]> {
  const download = click.page().waitForEvent("download");
  await click.click();
  return (await readFile(await (await download).path(), "utf8")).trim().split("\n");
}

test("what is filtered is taken out, once and again what is new", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  await page.goto(`${server.address}/messages?content=image`);
  await settled(page);
  await page.getByRole("button", { name: "导出" }).click();
  const sheet = page.getByRole("dialog", { name: "导出消息" });
  await expect(sheet.getByText("当前筛选：图片。")).toBeVisible();
  const lines = await taken(sheet.getByRole("link", { name: "下载" }));
  expect(lines.length).toBeGreaterThan(1);
  for (const line of lines.slice(1)) expect(line).toContain(",message.posted,image,");

  await sheet.getByText("ChatLab", { exact: true }).click();
  await sheet.getByLabel("名称").fill("图片归档");
  await sheet.getByRole("button", { name: "存为常用" }).click();
  const saved = sheet.getByRole("listitem").filter({ hasText: "图片归档" });
  await expect(saved.getByText("ChatLab · 图片")).toBeVisible();
  await expect(saved.getByText("还没取过。")).toBeVisible();
  const all = (await taken(saved.getByRole("button", { name: "取新增" }))).filter((l) => l.includes('"message"'));
  expect(all.length).toBe(lines.length - 1);
  await expect(saved.getByText(/^上次 .*，[\d,]+ 条。$/)).toBeVisible();
  const again = await taken(saved.getByRole("button", { name: "再取上次的" }));
  expect(again.filter((l) => l.includes('"message"')).length).toBe(all.length);
  await accessible(page);
  await saved.getByRole("button", { name: "删除" }).click();
  await expect(sheet.getByText("还没有常用导出")).toBeVisible();
});

test("a saved filter gets another name, and goes", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  await page.goto(`${server.address}/messages?content=image`);
  const kept = page.getByRole("region", { name: "保存的搜索" });
  const sheet = page.getByRole("dialog", { name: "保存的搜索" });
  for (const name of ["看图", "看视频"]) {
    await kept.getByRole("button", { name: "保存筛选" }).click();
    await sheet.getByLabel("名称").fill(name);
    await sheet.getByRole("button", { name: "保存", exact: true }).click();
    await expect(kept.getByRole("button", { name })).toBeVisible();
    await choose(page.getByLabel("消息类型"), "视频");
  }
  await kept.getByRole("button", { name: "保存筛选" }).click();
  await sheet.getByRole("button", { name: "给“看图”改名" }).click();
  await sheet.getByRole("textbox", { name: "给“看图”改名" }).fill("看视频");
  await page.keyboard.press("Enter");
  await expect(page.getByText("已经有一个“看视频”。")).toBeVisible();
  await sheet.getByRole("button", { name: "给“看图”改名" }).click();
  await sheet.getByRole("textbox", { name: "给“看图”改名" }).fill("只看图片");
  await page.keyboard.press("Enter");
  await expect(sheet.getByRole("button", { name: "给“只看图片”改名" })).toBeVisible();
  await sheet.getByRole("button", { name: "移除“看视频”" }).click();
  await expect(sheet.getByRole("button", { name: "移除“看视频”" })).toHaveCount(0);
  await page.reload();
  await expect(kept.getByRole("button", { name: "看视频" })).toHaveCount(0);
  await kept.getByRole("button", { name: "只看图片" }).click();
  await expect(page).toHaveURL(/content=image/);
});

test.describe("on a phone", () => {
  test.use(phone);
  for (const language of ["zh-CN", "en"] as const) {
    test(`the sheets fit, ${language}`, async ({ page, server, signedIn }) => {
      const [take, keep] = language === "en" ? ["Export", /Save/] : ["导出", "保存筛选"];
      await enter(page, signedIn);
      await prefer(page, language, "dark");
      for (const button of [take, keep]) {
        await page.goto(`${server.address}/messages?content=image&from=2026-01-01`);
        await settled(page);
        await page.getByRole("main").getByRole("button", { name: button }).click();
        const sheet = page.getByRole("dialog");
        await expect(sheet.getByRole("button").nth(1)).toBeVisible();
        expect(await sheet.evaluate((e) => e.scrollWidth - e.clientWidth)).toBeLessThanOrEqual(0);
        await accessible(page);
      }
    });
  }
});
