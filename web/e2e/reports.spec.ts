import { accessible, choose, enter, expect, prefer, test } from "./console.ts";

// Bands are counted a moment after a server has begun, and a busy machine takes its time.
const patient = { timeout: 60_000 };

test("this week's report in two clicks, and it stays as it was", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  await page.goto(`${server.address}/insight`);
  await page.getByRole("link", { name: "报告", exact: true }).click();
  await expect(page.getByRole("heading", { name: "报告", level: 1 })).toBeVisible(patient);
  await page.getByRole("button", { name: "生成", exact: true }).first().click();
  await expect(page).toHaveURL(/\/reports\/\d+/, patient);
  await expect(page.getByRole("heading", { name: "关键数字" })).toBeVisible(patient);
  await expect(page.getByRole("heading", { name: "接下来做什么" })).toBeVisible();
  await accessible(page);

  // The same numbers when it is opened again.
  const numbers = page.locator("dl").first();
  const before = await numbers.textContent();
  await page.reload();
  await expect(numbers).toHaveText(before ?? "", patient);

  // A number opens what lies behind it.
  await page.locator("dl").first().getByRole("link").first().click();
  await expect(page).toHaveURL(/\/messages\?.*from=/, patient);
});

test("a saved report is made again by its name", async ({ page, server, signedIn }) => {
  const name = `晨会 ${Date.now()}`;
  await enter(page, signedIn);
  await page.goto(`${server.address}/reports`);
  await page.getByRole("button", { name: "存为定期报告" }).click();
  await page.getByLabel("名称").fill(name);
  await page.getByRole("button", { name: "保存", exact: true }).click();
  await page.getByRole("button", { name: `生成“${name}”` }).click(patient);
  await expect(page).toHaveURL(/\/reports\/\d+/, patient);
  await page.getByRole("link", { name: "全部报告" }).click();
  await page.getByRole("button", { name: `删除“${name}”` }).click(patient);
  await expect(page.getByRole("button", { name: `生成“${name}”` })).toHaveCount(0, patient);
});

test("a report in English and in the dark is accessible", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  await page.goto(`${server.address}/reports`);
  await page.getByRole("button", { name: "生成", exact: true }).first().click();
  await expect(page).toHaveURL(/\/reports\/\d+/, patient);
  await prefer(page, "en", "dark");
  await page.reload();
  await expect(page.getByRole("heading", { name: "Key figures" })).toBeVisible(patient);
  await accessible(page);
});

test("a saved question is answered in a report", async ({ page, server, signedIn }) => {
  const name = `各群 ${Date.now()}`;
  await enter(page, signedIn);
  const api = `${server.address}/api/v1/communities/default`;
  const { mine, mine_version } = await (await page.request.get(`${api}/views`)).json();
  const query = JSON.stringify({ tab: "query", metrics: ["joins", "leaves"], who: "group", days: 90 });
  const kept = await page.request.put(`${api}/views/mine`, {
    headers: { Origin: server.address },
    data: { version: mine_version, views: [...mine, { place: "explore", name, query }] },
  });
  expect(kept.ok(), await kept.text()).toBe(true);
  await page.goto(`${server.address}/reports`);
  await choose(page.getByRole("combobox", { name: "一并回答的问题" }), name);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "生成", exact: true }).first().click();
  await expect(page.getByRole("heading", { name, exact: true })).toBeVisible(patient);
  const answer = page.locator("section", { has: page.getByRole("heading", { name, exact: true }) }).last();
  await expect(answer.getByRole("columnheader", { name: "群", exact: true })).toBeVisible(patient);
  await expect(answer.getByRole("row")).not.toHaveCount(0);
  await accessible(page);
});
