import { enter, expect, test } from "./console.ts";

test("alerts have a page, and what counts as wrong can be set", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  await page.goto(`${server.address}/alerts`);
  await expect(page.getByRole("heading", { name: "预警", level: 1 })).toBeVisible();
  await page.getByText("已恢复", { exact: true }).first().click();
  await expect(page).toHaveURL(/state=resolved/);
  await page.getByRole("link", { name: "什么算出事、通知谁" }).click();
  await page.getByLabel("连接断多久算出事（分钟）").fill("7");
  await page.getByRole("button", { name: "保存" }).first().click();
  await expect(page.getByText("已保存").first()).toBeVisible();
  await page.reload();
  await expect(page.getByLabel("连接断多久算出事（分钟）")).toHaveValue("7");
});
