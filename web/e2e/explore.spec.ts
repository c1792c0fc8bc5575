import { accessible, areAccessible, enter, expect, fitAPhone, settled, test } from "./console.ts";

// Funnels look through the log, and a busy machine takes its time.
const patient = { timeout: 60_000 };

const cohorts = `/explore?tab=cohorts&days=90&first=${encodeURIComponent('{"kind":"message.posted"}')}`;
const query = `/explore?tab=query&who=group&compare=before&metrics=${encodeURIComponent('["messages","joins"]')}`;

areAccessible("questions of one's own", ["/explore", cohorts, query]);
fitAPhone("questions of one's own", ["/explore", cohorts, query]);

test("a ready question answers in two clicks, down to the people", async ({ page, server, signedIn }) => {
  test.setTimeout(300_000);
  await enter(page, signedIn);
  await page.goto(`${server.address}/insight`);
  await page.getByRole("link", { name: "自助分析", exact: true }).click();
  await page.getByRole("link", { name: "发过言的人还回来吗" }).click();
  const main = page.getByRole("main");
  await expect(main.getByRole("columnheader", { name: "+1", exact: true })).toBeVisible(patient);
  await expect(main.getByText(/次周有 .* 回来/)).toBeVisible(patient);

  await page.getByRole("link", { name: "新人七天内发言了吗" }).click();
  await expect(page).toHaveURL(/tab=funnel/);
  const steps = main.getByRole("list", { name: "走到哪一步" });
  await expect(steps.getByRole("listitem")).toHaveCount(3, patient);
  await steps.getByRole("button").first().click();
  const sheet = page.getByRole("dialog");
  await expect(sheet.getByRole("link").first()).toBeVisible(patient);
  await sheet.getByRole("link").first().click();
  await expect(page).toHaveURL(/\/people\/\d+$/, patient);
});

test("numbers by group are drawn, written out and taken along", async ({ page, server, signedIn }) => {
  test.setTimeout(300_000);
  await enter(page, signedIn);
  await page.goto(server.address + query);
  await settled(page);
  const table = page.getByRole("region", { name: "数字" }).getByRole("table");
  await expect(table.getByRole("columnheader", { name: "消息量" })).toBeVisible(patient);
  await expect(table.getByRole("rowheader", { name: "合计" })).toBeVisible(patient);
  await expect(page.getByRole("img", { name: /消息量的图/ })).toBeVisible(patient);
  const download = page.waitForEvent("download", patient);
  await page.getByRole("button", { name: "导出 csv" }).click();
  expect((await download).suggestedFilename()).toMatch(/^qunying-query-.*\.csv$/);
});

test("a question is kept under a name, opened again and removed", async ({ page, server, signedIn }) => {
  test.setTimeout(300_000);
  const name = `留存 ${Date.now()}`;
  await enter(page, signedIn);
  await page.goto(`${server.address}${cohorts}`);
  await settled(page);
  await page.getByRole("button", { name: "保存这个分析" }).click();
  const sheet = page.getByRole("dialog");
  await sheet.getByLabel("名称").fill(name);
  await sheet.getByRole("button", { name: "保存", exact: true }).click();
  const kept = page.getByRole("button", { name, exact: true });
  await expect(kept).toBeVisible(patient);

  await page.goto(`${server.address}/explore?tab=query`);
  await kept.click(patient);
  await expect(page).toHaveURL(/tab=cohorts/, patient);
  await accessible(page);

  await page.getByRole("button", { name: "保存这个分析" }).click();
  await sheet.getByRole("button", { name: `移除“${name}”` }).click(patient);
  await expect(kept).toHaveCount(0, patient);
});

test("a filter of people is kept under a name", async ({ page, server, signedIn }) => {
  test.setTimeout(300_000);
  const name = `潜水 ${Date.now()}`;
  await enter(page, signedIn);
  await page.goto(`${server.address}/people?only=silent`);
  await settled(page);
  await page.getByRole("button", { name: "保存筛选" }).click();
  const sheet = page.getByRole("dialog");
  await sheet.getByLabel("名称").fill(name);
  await sheet.getByRole("button", { name: "保存", exact: true }).click();
  await expect(page.getByRole("button", { name, exact: true })).toBeVisible(patient);
  await page.goto(`${server.address}/people`);
  await page.getByRole("button", { name, exact: true }).click(patient);
  await expect(page).toHaveURL(/only=silent/, patient);
});
