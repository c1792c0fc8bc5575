import { areAccessible, enter, expect, fitAPhone, test } from "./console.ts";

// The sixth simulated group is no other test's.
const own = 6;

test("a group is given a backup channel, switched to it, and back", async ({ page, server, signedIn }) => {
  test.setTimeout(120_000);
  await enter(page, signedIn);
  await page.goto(`${server.address}/groups/${own}`);
  const panel = page.getByRole("region", { name: "应急" });
  await expect(panel.getByText("没有备用渠道")).toBeVisible({ timeout: 30_000 });
  await panel.getByRole("button", { name: "设置" }).click();
  const settings = page.getByRole("dialog");
  await settings.getByLabel("链接或号码").fill("加微信 qunying-2");
  await settings.getByRole("button", { name: "保存应急预案" }).click();
  await expect(settings.getByText("已保存").first()).toBeVisible({ timeout: 30_000 });
  await settings.getByRole("button", { name: "关闭" }).first().click();
  await expect(panel.getByText("备用渠道已备好")).toBeVisible({ timeout: 30_000 });

  await panel.getByRole("button", { name: "切换到备用渠道" }).click();
  const confirm = page.getByRole("dialog");
  await expect(confirm.getByText(/请转到备用渠道：加微信 qunying-2/)).toBeVisible();
  await confirm.getByRole("button", { name: "立即通知群友" }).click();
  await expect(panel.getByText(/正在用备用渠道/)).toBeVisible({ timeout: 30_000 });
  await panel.getByRole("button", { name: "恢复正常" }).click();
  await expect(panel.getByText("备用渠道已备好")).toBeVisible({ timeout: 30_000 });
});

test("a group is snapshotted and drilled, and all groups are seen together", async ({ page, server, signedIn }) => {
  test.setTimeout(120_000);
  await enter(page, signedIn);
  await page.goto(`${server.address}/groups/${own + 1}`);
  const panel = page.getByRole("region", { name: "应急" });
  await panel.getByRole("button", { name: "立即留底" }).click();
  const members = panel.getByRole("link", { name: "成员" });
  await expect(members).toBeVisible({ timeout: 60_000 });
  const file = await page.request.get(server.address + (await members.getAttribute("href")));
  expect(await file.text()).toContain("id,name,network,in_group");

  await panel.getByRole("button", { name: "现在演练" }).click();
  await panel.getByRole("link", { name: "去做演练" }).click();
  await expect(page).toHaveURL(/\/tasks\?group=7$/);
  const drill = page.getByRole("article").filter({ hasText: "应急演练" });
  await drill.getByRole("button", { name: "做完了" }).click();
  await drill.getByLabel(/公告里的话是对的/).check();
  await drill.getByPlaceholder("没通过的是什么、谁来改").fill("链接过期了，小王今天换");
  await drill.getByRole("button", { name: "记为做完" }).click();
  await expect(drill).toHaveCount(0, { timeout: 30_000 });

  await page.goto(`${server.address}/contingency`);
  await expect(page.getByText(/上次演练/).first()).toBeVisible({ timeout: 30_000 });
  await expect(page.getByText(/上次留底/).first()).toBeVisible();
});

areAccessible("contingency", ["/contingency"]);
fitAPhone("contingency", ["/contingency"]);
