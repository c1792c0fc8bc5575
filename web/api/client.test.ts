import { expect, it } from "vitest";
import { answer } from "./client.ts";
import { asProblem, Problem, problemOf } from "./problem.ts";

const reply = (status: number, body: unknown) =>
  Promise.resolve({
    response: new Response(null, { status }),
    ...(status < 400 ? { data: body } : { error: body }),
  });

it("hands the data of a success on", async () => {
  expect(await answer(reply(200, { a: 1 }))).toEqual({ a: 1 });
});

it("throws the server's problem with its type, text and hint", async () => {
  const thrown = await answer(
    reply(409, { type: "conflict", title: "Conflict", detail: "changed meanwhile", hint: "read it again" }),
  ).catch(asProblem);
  expect(thrown).toMatchObject({ code: "conflict", message: "changed meanwhile", hint: "read it again", status: 409 });
});

it("tells signed out from everything else", () => {
  expect(problemOf(401, { type: "unauthorized" }).code).toBe("signed_out");
});

it("knows a status without a body, such as a proxy's", () => {
  expect(problemOf(503, undefined).code).toBe("unavailable");
  expect(problemOf(418, "teapot").code).toBe("internal");
});

it("says which fields are wrong where there is no hint", () => {
  const p = problemOf(422, { type: "invalid", detail: "no", errors: [{ location: "body.text", message: "too long" }] });
  expect(p.hint).toBe("body.text: too long");
});

it("calls a lost connection offline, and passing", async () => {
  const thrown = await answer(Promise.reject(new TypeError("Failed to fetch"))).catch((e) => e);
  expect(thrown).toBeInstanceOf(Problem);
  expect(thrown).toMatchObject({ code: "offline", passing: true });
});

it("leaves an aborted call alone", async () => {
  const aborted = new DOMException("gone", "AbortError");
  await expect(answer(Promise.reject(aborted))).rejects.toBe(aborted);
});
