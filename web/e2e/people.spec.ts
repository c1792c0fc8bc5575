import { areAccessible, enter, expect, fitAPhone, settled, test } from "./console.ts";

const pages = [
  "/people",
  "/people/1",
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
});
