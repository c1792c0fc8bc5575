import { enter, expect, phone, prefer, settled, test } from "./console.ts";

test("a group says what it is for, and changes its zone from a day on", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  await page.goto(`${server.address}/groups/2`);
  await settled(page);
  await page.getByRole("button", { name: "设置", exact: true }).first().click();
  const sheet = page.getByRole("dialog");
  await sheet.getByLabel("目标", { exact: true }).fill("让老客户每月回来一次");
  await sheet.getByRole("combobox", { name: "群类型" }).click();
  await page.getByTitle("资源对接群").click();
  await sheet.getByRole("button", { name: "加一份资料" }).click();
  await sheet.getByLabel("名称").fill("案例库");
  await sheet.getByLabel("链接").fill("https://example.com/cases");
  await sheet.getByRole("button", { name: "保存群定位" }).click();
  const charter = page.getByRole("region", { name: "群定位" });
  await expect(charter.getByText("让老客户每月回来一次")).toBeAttached();
  await expect(charter.getByText("资源对接群")).toBeAttached();
  await expect(charter.getByRole("link", { name: "案例库", includeHidden: true })).toHaveAttribute(
    "href",
    "https://example.com/cases",
  );

  await sheet.getByRole("combobox", { name: "新时区" }).fill("New_York");
  await page.getByTitle("America/New_York").click();
  await sheet.getByRole("button", { name: "安排更换" }).click();
  await expect(sheet.getByText(/起改按 America\/New_York 计日/)).toBeVisible();
  await sheet.getByRole("button", { name: "取消这次更换" }).click();
  await expect(sheet.getByRole("combobox", { name: "新时区" })).toBeVisible();
});

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

test("one box finds groups and pages, and Enter looks in messages", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  await page.goto(`${server.address}/groups/1`);
  await settled(page);
  const name = await page.getByRole("heading", { level: 1 }).innerText();
  await page.keyboard.press("Control+k");
  const box = page.getByRole("combobox", { name: "搜索全部消息" });
  await expect(box).toBeFocused();
  await page.keyboard.type("打卡");
  await expect(page.getByRole("option", { name: /打卡/ }).first()).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/messages\?q=/);
  await box.fill(name);
  await page.getByRole("group", { name: "群", exact: true }).getByRole("option", { name }).first().click();
  await expect(page).toHaveURL(/\/groups\/1$/);
  await box.fill("发件箱");
  await expect(page.getByRole("option", { name: "发件箱", exact: true })).toBeVisible();
  await page.keyboard.press("ArrowUp"); // the last of all
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/outbox$/);
  await settled(page);
  await page.keyboard.press("g");
  await page.keyboard.press("d");
  await expect(page).toHaveURL(/\/tasks$/);
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "快捷键" })).toBeVisible();
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
