import { onlyKeySpeakersAreBad } from "./bands.ts";
import { accessible, enter, expect, test } from "./console.ts";

test("alerts have a page, and what counts as wrong can be set", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  await page.goto(`${server.address}/alerts`);
  await expect(page.getByRole("heading", { name: "预警", level: 1 })).toBeVisible();
  await accessible(page);
  await page.getByText("已恢复", { exact: true }).first().click();
  await expect(page).toHaveURL(/state=resolved/);
  await page.getByRole("link", { name: "什么算出事、通知谁" }).click();
  await page.getByLabel("连接断多久算出事（分钟）").fill("7");
  await page.getByRole("button", { name: "保存" }).first().click();
  await expect(page.getByText("已保存").first()).toBeVisible();
  await page.reload();
  await expect(page.getByLabel("连接断多久算出事（分钟）")).toHaveValue("7");
});

test("a colleague's e-mail is saved where alerts go, and a group has limits of its own", async ({
  page,
  server,
  signedIn,
}) => {
  test.setTimeout(120_000);
  await enter(page, signedIn);
  await page.goto(`${server.address}/settings/alerts`);
  const contacts = page.getByRole("region", { name: "怎么找到同事" });
  await contacts.getByLabel("邮箱").fill("yun@example.org");
  await contacts.getByRole("button", { name: "保存联系方式" }).click();
  await expect(contacts.getByText("联系方式已保存")).toBeVisible();
  await page.reload();
  await expect(contacts.getByLabel("邮箱")).toHaveValue("yun@example.org");

  const quiet = "群安静多久算异常（小时）";
  await page.goto(`${server.address}/groups/8`);
  await page.getByRole("button", { name: "设置", exact: true }).first().click();
  const sheet = page.getByRole("dialog");
  const limits = sheet.locator("section").filter({ has: page.getByRole("spinbutton", { name: quiet }) });
  await limits.getByRole("spinbutton", { name: quiet }).fill("36");
  await limits.getByRole("button", { name: "保存" }).click();
  await expect(limits.getByText("已保存")).toBeVisible();
  await page.reload();
  await page.getByRole("button", { name: "设置", exact: true }).first().click();
  await expect(sheet.getByRole("spinbutton", { name: quiet })).toHaveValue("36");
});

test("a fired alert leads to its group, its lever, its people and what they wrote", async ({
  page,
  server,
  signedIn,
}) => {
  test.setTimeout(360_000);
  await enter(page, signedIn);
  // Each day is judged by the limits of now, so what is typed was bad for three days.
  const saved = await page.request.put(`${server.address}/api/v1/communities/default/groups/6/settings/bands`, {
    headers: { origin: server.address },
    data: { cuts: onlyKeySpeakersAreBad, version: 0 },
  });
  expect(saved.status(), await saved.text()).toBeLessThan(300);
  await page.goto(`${server.address}/alerts`);
  const card = page.getByRole("article").filter({ hasText: /KOL占比/ });
  await expect(card).toBeVisible({ timeout: 240_000 }); // it is looked for once a minute
  await expect(card.getByText("抓手：培养能带话题的成员")).toBeVisible();
  await card.getByRole("link", { name: "看这个群" }).click();

  await expect(page).toHaveURL(/\/groups\/6/);
  const reading = page.getByRole("listitem").filter({ has: page.getByRole("button", { name: /KOL占比/ }) });
  await reading.getByRole("button", { name: /KOL占比/ }).click();
  await expect(reading.getByText("抓手：培养能带话题的成员")).toBeVisible();
  await reading.getByRole("link").first().click();

  await expect(page).toHaveURL(/\/messages\?.*person=\d+/);
  await expect(page.getByRole("article").first()).toBeVisible();
});
