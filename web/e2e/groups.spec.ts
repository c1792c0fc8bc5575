import type { Page } from "@playwright/test";
import { accessible, choose, enter, expect, phone, prefer, settled, test } from "./console.ts";

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

/** Chooses in a list of the sheet. */
const chooseIn = (page: Page, list: string, option: string) =>
  choose(page.getByRole("dialog").getByRole("combobox", { name: list }), option);

test("settings of many groups are changed at once, after a look, and taken back", async ({
  page,
  server,
  signedIn,
}) => {
  await enter(page, signedIn);
  await page.goto(`${server.address}/groups`);
  await settled(page);
  await page.getByRole("button", { name: "选群" }).click();
  await page.getByRole("checkbox").nth(0).check();
  await page.getByRole("checkbox").nth(1).check();
  await page.getByRole("button", { name: "改设置" }).click();
  const sheet = page.getByRole("dialog");
  await expect(sheet.getByRole("button", { name: "看看会改什么" })).toBeDisabled();
  await chooseIn(page, "每群每周打扰上限（次）：怎么改", "设为");
  await sheet.getByLabel("每群每周打扰上限（次）", { exact: true }).fill("3");
  await chooseIn(page, "暂停发送：怎么改", "暂停发送");
  await chooseIn(page, "群类型", "兴趣社群");
  await chooseIn(page, "服务时间：怎么改", "设为");
  await chooseIn(page, "安静多久算异常（小时）：怎么改", "设为");
  await sheet.getByLabel("安静多久算异常（小时）", { exact: true }).fill("8");
  await chooseIn(page, "预警发邮件：怎么改", "关闭");
  await sheet.getByRole("button", { name: "看看会改什么" }).click();
  const look = sheet.getByRole("region", { name: "会改什么" });
  await expect(look.getByText("2 个群会变")).toBeVisible();
  await expect(look.getByText("6 (默认) → 3 (此群)")).toHaveCount(2);
  await expect(look.getByText("否 (默认) → 是 (此群)")).toHaveCount(2);
  await expect(look.getByText(/→ 兴趣社群 \(此群\)$/)).toHaveCount(2);
  await expect(look.getByText("21:00 (默认) → 21:00 (此群)")).toHaveCount(2);
  await expect(look.getByText("12 (默认) → 8 (此群)")).toHaveCount(2);
  await expect(look.getByText("是 (默认) → 否 (此群)")).toHaveCount(2);
  await accessible(page);
  await sheet.getByRole("button", { name: "修改 2 个群" }).click();
  await expect(page.getByText("已修改 2 个群")).toBeVisible();
  await expect(sheet).toHaveCount(0);

  await page.getByRole("link", { name: "看记录" }).click();
  const past = page.getByRole("region", { name: "最近的批量修改" });
  const line = past.getByRole("listitem").filter({ hasText: "暂停发送 · 每群每周打扰上限（次）" });
  await expect(line.getByText(/2 个群/)).toBeVisible();
  await line.getByRole("button", { name: "撤回" }).click();
  await expect(line.getByText(/已撤回/)).toBeVisible();
  await expect(line.getByRole("button")).toHaveCount(0);
  const groups = await page.request.get(`${server.address}/api/v1/communities/default/groups`);
  for (const { id } of ((await groups.json()) as { groups: { id: number }[] }).groups) {
    const answer = await page.request.get(
      `${server.address}/api/v1/communities/default/groups/${id}/settings/delivery`,
    );
    expect(((await answer.json()) as { from: object }).from).toEqual({});
  }
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

test("a group's rules stand beside what is usual for its size, and its age counts from its founding", async ({
  page,
  server,
  signedIn,
}) => {
  test.setTimeout(180_000);
  await enter(page, signedIn);
  await page.goto(`${server.address}/groups/3`);
  const order = page.getByRole("region", { name: "群规与秩序" });
  await expect(order.getByText(/参考值 (60|85|95)\.0%/)).toBeVisible({ timeout: 60_000 });
  await expect(order.getByText(/还没约定：/)).toBeVisible();
  await expect(page.getByText(/有记录 \d+ 天.*爆发期/)).toBeVisible();

  await page.getByRole("button", { name: "设置", exact: true }).first().click();
  const sheet = page.getByRole("dialog");
  await sheet.getByLabel("建群日期").fill("2021-05-01");
  await sheet.getByRole("button", { name: "保存群定位" }).click();
  await expect(sheet.getByRole("button", { name: "保存群定位" })).toBeDisabled();
  await page.reload();
  await expect(page.getByText(/建群 [\d,]+ 天，按群龄已进入衰退期/)).toBeVisible({ timeout: 60_000 });

  await order.getByRole("link", { name: "看群规" }).click();
  await expect(page).toHaveURL(/\/moderation\/rules\?group=3/);
  await expect(page.getByRole("heading", { name: "群规条款" })).toBeVisible();
});
