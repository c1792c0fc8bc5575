import { enter, expect, settled, test } from "./console.ts";

test("the first page is today, and tells what waits for people", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  const answer = await page.request.post(`${server.address}/api/v1/communities/default/groups/4/actions`, {
    headers: { origin: server.address, "idempotency-key": `test-${crypto.randomUUID()}` },
    data: { kind: "announce", text: "周日收拾书架" },
  });
  expect(answer.status(), await answer.text()).toBeLessThan(300);
  await page.goto(`${server.address}/`);
  await expect(page).toHaveURL(/\/today$/);
  await settled(page);
  await expect(page.getByRole("heading", { name: "今天", level: 1 })).toBeVisible();
  await expect(page.getByRole("heading", { name: "最需要照看的群" })).toBeVisible();
  const waiting = page.getByRole("list", { name: "在等人" }).getByRole("link", { name: /[1-9]\d* 件待办/ });
  await expect(waiting).toBeVisible({ timeout: 60_000 }); // the task is made by the machine
  await waiting.click();
  await expect(page).toHaveURL(/\/tasks$/);
  await expect(page.getByRole("article").filter({ hasText: "周日收拾书架" })).toBeVisible();
});
