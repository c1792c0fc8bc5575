import type { APIRequestContext, Page } from "@playwright/test";
import { areAccessible, choose, enter, expect, fitAPhone, test } from "./console.ts";

// The fourth simulated group is like one of a personal chat application: the
// machine can write there, a person has to remove members and to announce.
const personal = 4;

/** Asks for something in a group, as another program would. */
async function ask(request: APIRequestContext, address: string, group: number, data: object): Promise<void> {
  const answer = await request.post(`${address}/api/v1/communities/default/groups/${group}/actions`, {
    headers: { origin: address, "idempotency-key": `test-${crypto.randomUUID()}` },
    data,
  });
  expect(answer.status(), await answer.text()).toBeLessThan(300);
}

const card = (page: Page, text: string) => page.getByRole("article").filter({ hasText: text });

test("what only a person can do becomes a task, and is closed with its proof", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  await page.goto(`${server.address}/groups/${personal}`);
  await page.getByRole("button", { name: "操作" }).click();
  await page.getByRole("menuitem", { name: /发群公告/ }).click();
  const sheet = page.getByRole("dialog");
  await expect(sheet.getByText(/会成为一条待办/)).toBeVisible();
  await sheet.getByLabel("公告内容").fill("周六早八点晨读");
  await sheet.getByRole("button", { name: "建一条待办" }).click();
  await expect(sheet.getByText("要由人来做")).toBeVisible();
  await sheet.getByRole("link", { name: "看待办" }).click();

  await expect(page).toHaveURL(/\/tasks\?group=4$/);
  const task = card(page, "周六早八点晨读");
  await expect(task.getByRole("heading", { name: /发布群公告/ })).toBeVisible();
  await expect(task.getByText(/还剩 \d+ 小时/)).toBeVisible();
  await expect(task.getByText("这个平台没有直达链接，请在它的客户端里打开群。")).toBeVisible();
  await expect(
    page
      .getByRole("navigation")
      .getByText(/\d+ 件待办/)
      .first(),
  ).toBeAttached();
  await task.getByRole("button", { name: "做完了" }).click();
  await task.getByRole("button", { name: "已在客户端做完" }).click();
  await expect(task).toHaveCount(0);

  await page.getByText("做完的", { exact: true }).click();
  await expect(card(page, "周六早八点晨读").getByText(/阿云 于 .*确认/)).toBeVisible();
  await expect(card(page, "周六早八点晨读").getByText("已在客户端做完")).toBeVisible();
  await expect(page.getByText(/发公告 1 件，一般用/)).toBeVisible();
});

test("a task is dropped with a reason", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  await ask(page.request, server.address, personal, { kind: "announce", text: "改到周日" });
  await page.goto(`${server.address}/tasks`);
  const task = card(page, "改到周日");
  await task.getByRole("button", { name: "不做了" }).click();
  await expect(task.getByRole("button", { name: "记为不做" })).toBeDisabled();
  await task.getByLabel("为什么不做").fill("周日下雨");
  await task.getByRole("button", { name: "记为不做" }).click();
  await expect(task).toHaveCount(0);
  await page.getByText("不做的", { exact: true }).click();
  await expect(card(page, "改到周日").getByText("周日下雨")).toBeVisible();
});

test("the words of a task are copied", async ({ page, context, server, signedIn }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await enter(page, signedIn);
  await ask(page.request, server.address, personal, { kind: "announce", text: "带上第三章的笔记" });
  await page.goto(`${server.address}/tasks`);
  await card(page, "带上第三章的笔记").getByRole("button", { name: "复制内容" }).click();
  await expect(card(page, "带上第三章的笔记").getByRole("button", { name: "已复制" })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("带上第三章的笔记");
});

test("what waits is cancelled in the outbox", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  const tomorrow = Date.now() + 86_400_000;
  await ask(page.request, server.address, 1, { kind: "send", text: "明天八点见", at: tomorrow });
  await page.goto(`${server.address}/outbox`);
  const entry = card(page, "明天八点见");
  await expect(entry.getByText(/还没到定好的时间/)).toBeVisible();
  await entry.getByRole("button", { name: "取消" }).click();
  await expect(entry.getByText("已取消")).toBeVisible();
  await choose(page.getByRole("combobox", { name: "状态" }), "排队中");
  await expect(page).toHaveURL(/state=queued/);
  await expect(entry).toHaveCount(0);
});

// The tests above have left something on each.
areAccessible("tasks and outbox", ["/tasks", "/tasks?state=done", "/outbox"]);
fitAPhone("tasks and outbox", ["/tasks", "/tasks?state=done", "/outbox"]);

test("a filter of the tasks is kept, and a page is found by what is done there", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  await page.goto(`${server.address}/tasks?state=done`);
  await page.getByRole("button", { name: "保存筛选" }).click();
  const sheet = page.getByRole("dialog");
  await sheet.getByRole("textbox", { name: "名称" }).fill("做完的");
  await sheet.getByRole("button", { name: "保存", exact: true }).click();
  await expect(page.getByRole("button", { name: "做完的" })).toBeVisible();
  await page.goto(`${server.address}/tasks`);
  await page.getByRole("button", { name: "做完的" }).click();
  await expect(page).toHaveURL(/state=done/);

  await page.keyboard.press("Control+k");
  await page.keyboard.type("恢复");
  await page.getByRole("option", { name: /备份/ }).click();
  await expect(page).toHaveURL(/\/settings\/backups$/);
});
