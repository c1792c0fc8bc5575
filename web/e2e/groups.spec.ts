import { enter, expect, phone, prefer, settled, test } from "./console.ts";

test("a group is put away and comes back", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  await page.goto(`${server.address}/groups/3`);
  await settled(page);
  const name = await page.getByRole("heading", { level: 1 }).innerText();
  await page.getByRole("button", { name: "设置", exact: true }).first().click();
  const sheet = page.getByRole("dialog");
  await sheet.getByRole("button", { name: /收起$/ }).last().click();
  await expect(sheet.getByText("已收起。")).toBeVisible();
  await page.goto(`${server.address}/groups?q=${encodeURIComponent(name)}&only=away`);
  await expect(page.getByRole("link", { name, exact: true })).toBeVisible();
  await page.goto(`${server.address}/groups?q=${encodeURIComponent(name)}`);
  await expect(page.getByText("没有符合条件的群")).toBeVisible();
  await page.goto(`${server.address}/groups/3`);
  await settled(page);
  await page.getByRole("button", { name: "设置", exact: true }).first().click();
  await sheet.getByRole("button", { name: "恢复这个群" }).click();
  await expect(sheet.getByText(/^已恢复/)).toBeVisible();
  await page.goto(`${server.address}/groups?q=${encodeURIComponent(name)}`);
  await expect(page.getByRole("link", { name, exact: true })).toBeVisible();
});

test.describe("on a phone", () => {
  test.use(phone);

  test("a tap in the menu leads where it says, whatever lies beneath", async ({ page, server, signedIn }) => {
    await enter(page, signedIn);
    await prefer(page, "zh-CN", "light");
    for (const beneath of ["/today", "/groups"]) {
      await page.goto(server.address + beneath);
      await settled(page);
      const bar = page.getByRole("navigation", { name: "主导航" }).last();
      await bar.getByRole("button", { name: "更多" }).tap();
      await page.getByRole("menuitem", { name: "消息" }).tap();
      await expect(page).toHaveURL(/\/messages$/);
    }
  });
});
