import { readFileSync } from "node:fs";
import { areAccessible, choose, enter, expect, fitAPhone, owner, settled, test } from "./console.ts";

const pages = [
  "/people",
  "/people/1",
  "/people/alike",
  "/moderation/measures",
  "/settings/team",
  "/settings/account",
  "/settings/audit",
  "/settings/privacy",
  "/settings/backups",
  "/settings/about",
];

areAccessible("people, results and housekeeping", pages);
fitAPhone("people, results and housekeeping", pages);

test("somebody is found by name, and seen over all groups", async ({ page, server, signedIn }) => {
  test.setTimeout(180_000);
  await enter(page, signedIn);
  await page.goto(`${server.address}/people`);
  await settled(page);
  // The list is in motion: who is first now need not be in a moment.
  const somebody = await page
    .getByRole("main")
    .getByRole("listitem")
    .getByRole("link")
    .first()
    .evaluate((a) => ({ name: a.textContent ?? "", path: a.getAttribute("href") ?? "" }));
  const search = page.getByRole("main").getByRole("searchbox");
  await search.fill(somebody.name);
  await search.press("Enter");
  await expect(page).toHaveURL(/[?&]q=/);
  await page.getByRole("main").locator(`a[href="${somebody.path}"]`).click();
  await expect(page).toHaveURL(/\/people\/\d+$/);
  await expect(page.getByRole("heading", { level: 1, name: somebody.name })).toBeVisible();
  await expect(page.getByRole("heading", { name: "一年的发言" })).toBeVisible();
  await expect(page.getByText(/，前后 \d+ 天/).first()).toBeVisible();
  const notes = page.getByRole("region", { name: "备注" });
  await notes.getByRole("textbox", { name: "备注" }).fill("爱拍照，周末有空");
  await notes.getByRole("button", { name: "记下" }).click();
  await expect(notes.getByRole("listitem").filter({ hasText: "爱拍照，周末有空" })).toContainText(owner.name);
});

test("somebody who asks for it is erased, and the counts stay", async ({ page, server, signedIn }) => {
  test.setTimeout(300_000);
  await enter(page, signedIn);
  await page.goto(`${server.address}/imports`);
  const lines = ["时间,发送人,内容", "2026-01-05 08:00:00,抹除试验甲,早", "2026-01-05 08:01:00,抹除试验乙,早啊", ""];
  await page
    .locator("input[type=file]")
    .first()
    .setInputFiles({ name: "抹除试验群.csv", mimeType: "text/csv", buffer: Buffer.from(lines.join("\n")) });
  await page.getByRole("button", { name: "导入 2 条" }).click();
  await expect(page.getByRole("heading", { name: "导入结果" })).toBeVisible({ timeout: 120_000 });

  const people = `${server.address}/people?q=${encodeURIComponent("抹除试验")}`;
  await page.goto(people);
  const found = page.getByRole("main").getByRole("link", { name: /抹除试验/ });
  await expect(found).toHaveCount(2);
  await page.getByRole("link", { name: "抹除试验甲" }).click();
  await page.getByRole("button", { name: "抹除这个人…" }).click();
  const sheet = page.getByRole("dialog");
  await expect(sheet.getByText("会删除：1 条消息")).toBeVisible();
  const now = sheet.getByRole("button", { name: "抹除", exact: true });
  await expect(now).toBeDisabled();
  await sheet.getByRole("textbox").fill("抹除试验甲");
  await now.click();
  await expect(page).toHaveURL(/\/settings\/privacy$/);
  await expect(page.getByText(/已抹除，改动/).first()).toBeVisible({ timeout: 120_000 });
  await page.goto(people);
  await expect(found).toHaveCount(1);
  await expect(found).toHaveText("抹除试验乙");
});

test("settings come back from their file, after a look at what would change", async ({ page, server, signedIn }) => {
  test.setTimeout(180_000);
  await enter(page, signedIn);
  await page.goto(`${server.address}/settings/privacy`);
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "导出设置" }).click();
  const kept = JSON.parse(readFileSync(await (await download).path(), "utf8")) as { settings: object[] };
  const settings = [{ network: "sim", outside_id: "no such group", key: "welcome", value: {} }];
  const file = (of: object) => ({
    name: "settings.json",
    mimeType: "application/json",
    buffer: Buffer.from(JSON.stringify(of)),
  });
  const input = page.locator("input[type=file]");
  await input.setInputFiles(file(kept));
  await expect(page.getByRole("status").filter({ hasText: "会改动 0 项" })).toBeVisible();
  await input.setInputFiles(file({ ...kept, settings }));
  await expect(page.getByText("这里没有这个群")).toBeVisible();
  await input.setInputFiles({ name: "x.json", mimeType: "application/json", buffer: Buffer.from("{") });
  await expect(page.getByText("这个文件不是导出的设置")).toBeVisible();
});

test("people of one rare name are told apart, and made one", async ({ page, server, signedIn }) => {
  test.setTimeout(300_000);
  await enter(page, signedIn);
  for (const group of ["重名试验一群", "重名试验二群"]) {
    await page.goto(`${server.address}/imports`);
    const lines = [
      "时间,发送人,内容",
      "2026-01-06 08:00:00,重名试验丙,早",
      `2026-01-06 08:01:00,${group}的人,早啊`,
      "",
    ];
    await page
      .locator("input[type=file]")
      .first()
      .setInputFiles({ name: `${group}.csv`, mimeType: "text/csv", buffer: Buffer.from(lines.join("\n")) });
    await page.getByRole("button", { name: "导入 2 条" }).click();
    await expect(page.getByRole("heading", { name: "导入结果" })).toBeVisible({ timeout: 120_000 });
  }
  await page.goto(`${server.address}/people`);
  await page.getByRole("link", { name: "可能重复的人" }).click();
  await expect(page).toHaveURL(/\/people\/alike$/);
  const two = page.getByRole("article", { name: "重名试验丙" });
  await expect(async () => {
    await page.reload();
    await expect(two).toBeVisible({ timeout: 10_000 }); // the views follow the log a moment later
  }).toPass({ timeout: 120_000 });
  await expect(two.getByText("相同的少见名字：重名试验丙")).toBeVisible();
  await expect(two.getByRole("link", { name: "重名试验丙" })).toHaveCount(2);

  await two.getByRole("button", { name: "不是同一个人" }).click();
  await expect(page.getByText("记住了，以后不再提示。")).toBeVisible();
  await expect(two).toHaveCount(0);
  await page.getByRole("button", { name: "撤销", exact: true }).click();
  await expect(two).toBeVisible();

  await two.getByRole("button", { name: "合并" }).click();
  await expect(two).toHaveCount(0);
  await page.goto(`${server.address}/people?q=${encodeURIComponent("重名试验丙")}`);
  await expect(page.getByRole("main").getByText("在 2 个群：重名试验一群、重名试验二群")).toBeVisible({
    timeout: 60_000,
  });

  // Later, and after something else was changed: the person's page says what made
  // them, and takes it back.
  await page.getByRole("main").getByRole("link", { name: "重名试验丙" }).first().click();
  const past = page.getByRole("region", { name: "合并和拆分" });
  await expect(past.getByText("重名试验丙 并入 重名试验丙")).toBeVisible();
  await past.getByRole("button", { name: "撤销" }).click();
  await expect(page.getByRole("region", { name: "账号和名字" }).getByRole("listitem")).toHaveCount(1);
  await expect(past.getByText("没有合并或拆分过")).toBeVisible();
});

test("the audit is narrowed to an act and to days, and the address keeps it", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  const day = (ahead: number) => new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 10);
  await page.goto(`${server.address}/settings/audit?from=${day(-1)}&to=${day(1)}`);
  await settled(page);
  await choose(page.getByRole("combobox", { name: "全部操作" }), "新建密钥");
  await expect(page).toHaveURL(/act=key\.make/);
  await expect(page.getByText("没有记录")).toBeVisible();
  await page.request.post(`${server.address}/api/v1/communities/default/keys`, {
    data: { name: "看数据", scopes: ["read"], days: 1 },
    headers: { "Idempotency-Key": "audit-key", "X-Qunying": "1" },
  });
  await page.reload();
  await expect(page.getByRole("main").getByRole("article")).toHaveCount(1);
  await expect(page.getByRole("link", { name: "导出 CSV" })).toHaveAttribute("href", /act=key\.make.*from=\d+&to=\d+/);
  await page.goto(`${server.address}/settings/audit?act=key.make&from=2026-01-01&to=2026-01-01`);
  await expect(page.getByText("没有记录")).toBeVisible();
});
