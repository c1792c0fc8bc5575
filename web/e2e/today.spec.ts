import { onlyKeySpeakersAreBad } from "./bands.ts";
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

test("questions that nobody has answered are told on the first page", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  // What the server counts is tested with it; here, how the page tells it.
  await page.route("**/api/v1/communities/default/today*", async (route) => {
    const answer = await route.fetch();
    const today = await answer.json();
    Object.assign(today.waiting, { questions: 3, late_questions: 1, oldest_question: today.waiting.oldest_review });
    await route.fulfill({ response: answer, json: today });
  });
  await page.goto(`${server.address}/today`);
  const waiting = page.getByRole("list", { name: "在等人" });
  await expect(waiting.getByText("1 条等太久，已成待办")).toBeVisible();
  await waiting.getByRole("link", { name: "3 条提问待回复" }).click();
  await expect(page).toHaveURL(/\/tasks$/);
});

test("what fell leads to its group, its lever, its people and what they wrote", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  const saved = await page.request.put(`${server.address}/api/v1/communities/default/groups/5/settings/bands`, {
    headers: { origin: server.address },
    data: { cuts: onlyKeySpeakersAreBad, version: 0 },
  });
  expect(saved.status(), await saved.text()).toBeLessThan(300);
  // Within a minute it becomes an alert, which says the same in other words.
  const fallen = page.getByRole("article").filter({ hasText: /KOL占比(掉到警戒|连续 \d+ 天处在警戒)/ });
  await expect(async () => {
    await page.goto(`${server.address}/today?all=true`);
    await expect(fallen).toBeVisible({ timeout: 10_000 }); // groups' weeks are counted a moment after the start
  }).toPass({ timeout: 150_000 });
  await expect(fallen.getByText("抓手：培养能带话题的成员")).toBeVisible();
  await fallen.getByRole("link", { name: "看这个群" }).click();

  await expect(page).toHaveURL(/\/groups\/5/);
  const reading = page.getByRole("listitem").filter({ has: page.getByRole("button", { name: /KOL占比/ }) });
  await reading.getByRole("button", { name: /KOL占比/ }).click();
  await expect(reading.getByText("抓手：培养能带话题的成员")).toBeVisible();
  await reading.getByRole("link").first().click();

  await expect(page).toHaveURL(/\/messages\?.*person=\d+/);
  await expect(page.getByRole("article").first()).toBeVisible();
});
