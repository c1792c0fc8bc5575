import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { enter, expect, test } from "./console.ts";

const rows = 60_000;
const bad = 3;

/** An export that takes some seconds to bring in, with a few rows that nobody can read. */
function large(): Buffer {
  const lines = ["时间,发送人,内容"];
  const from = Date.UTC(2026, 0, 1);
  for (let i = 0; i < rows; i++) {
    const at = new Date(from + i * 60_000).toISOString().slice(0, 19).replace("T", " ");
    lines.push(`${i % (rows / bad) === 7 ? "不知道什么时候" : at},队员${i % 40},第 ${i} 条`);
  }
  return Buffer.from(`${lines.join("\n")}\n`);
}

test("an import is cancelled, goes on where it stopped, and hands over what it refused", async ({
  page,
  server,
  signedIn,
}) => {
  test.slow(); // on a busy machine the import itself takes minutes
  await enter(page, signedIn);
  await page.goto(`${server.address}/imports`);
  await page
    .locator("input[type=file]")
    .first()
    .setInputFiles({ name: "晨跑 1.0.csv", mimeType: "text/csv", buffer: large() });
  await page.getByRole("button", { name: "导入 59,997 条" }).click();
  await expect(page.getByRole("status").filter({ hasText: "每秒" })).toBeVisible();
  await page.getByRole("main").getByRole("button", { name: "取消" }).click();
  await expect(page.getByText("导入已取消，已写入的保留")).toBeVisible();
  // What was written stays and counts once: the rest comes on top of it.
  const kept = await imported(page);
  expect(kept).toBeLessThan(rows - bad);
  await page.getByRole("button", { name: "继续导入" }).click();
  await expect(page.getByText("导入已取消，已写入的保留")).toBeHidden();
  await expect(page.getByRole("heading", { name: "导入结果" })).toBeVisible({ timeout: 300_000 });
  expect(await imported(page)).toBe(rows - bad);

  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "下载查看" }).click();
  const refused = readFileSync(await (await download).path(), "utf8")
    .trim()
    .split("\n");
  expect(refused).toHaveLength(1 + bad);
  expect(refused[0]).toContain("文件,行,原因和办法,内容");
  expect(refused[1]).toContain("晨跑 1.0.csv,9,时间看不懂。");
  expect(refused[1]).toContain("不知道什么时候,队员7,第 7 条");
});

test("a last row without a line break waits for a person's word", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  await page.goto(`${server.address}/imports`);
  const text = "时间,发送人,内容\n2026-01-02 08:00:00,小李,早\n2026-01-02 08:00:05,小王,今天一起跑步";
  await page
    .locator("input[type=file]")
    .first()
    .setInputFiles({ name: "没有换行.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
  await expect(page.getByText("2026-01-02 08:00:05,小王,今天一起跑步")).toBeVisible();
  await expect(page.getByRole("button", { name: "导入 1 条" })).toBeVisible();
  await page.getByRole("checkbox", { name: "这一行是完整的" }).click();
  await page.getByRole("button", { name: "导入 2 条" }).click();
  await expect(page.getByRole("heading", { name: "导入结果" })).toBeVisible({ timeout: 60_000 });
  expect(await imported(page)).toBe(2);
});

test("what cannot be read is said before anything is written, with the line and what to do", async ({
  page,
  server,
  signedIn,
}) => {
  await enter(page, signedIn);
  const drop = async (name: string, text: string) => {
    await page.goto(`${server.address}/imports`);
    await page
      .locator("input[type=file]")
      .first()
      .setInputFiles({ name, mimeType: "text/csv", buffer: Buffer.from(text) });
  };
  await drop("坏行.csv", "时间,发送人,内容\n2026-01-02 08:00:00,小李,早\n昨天,小王,好\n2026-01-02 08:01:00,小李\n");
  await expect(page.getByRole("listitem").filter({ hasText: "1 行（从第 3 行起）" })).toContainText("时间看不懂");
  await expect(page.getByRole("listitem").filter({ hasText: "1 行（从第 4 行起）" })).toContainText("列数和表头对不上");
  await expect(page.getByText("昨天,小王,好")).toBeVisible();
  await drop("空.csv", "");
  await expect(page.getByText("文件是空的")).toBeVisible();
});

/** How many messages the import of this page has brought in, as the server says. */
async function imported(page: Page): Promise<number> {
  const { origin, pathname } = new URL(page.url());
  const answer = await page.request.get(`${origin}/api/v1/communities/default${pathname}`);
  return ((await answer.json()) as { import: { result?: { imported: number } } }).import.result?.imported ?? 0;
}
