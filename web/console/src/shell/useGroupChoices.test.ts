// @vitest-environment happy-dom
import { client } from "@qunying/api/client";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, renderHook, waitFor } from "@testing-library/react";
import { createElement, type ReactNode } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { useGroupChoices } from "./useGroupChoices.ts";

vi.mock("./useHere.ts", () => ({ useHere: () => ({ community: "1" }) }));

const all = Array.from({ length: 2000 }, (_, i) => ({
  id: i + 1,
  name: `群 ${String(i + 1).padStart(4, "0")}`,
  network: i % 2 ? "wecom" : "sim",
}));
let heads = 0;

/** Answers as the server does: a hundred at most, by name. */
const api = async (
  path: string,
  { params }: { params: { path: { group?: number }; query?: Record<string, unknown> } },
) => {
  const response = new Response();
  if (path.endsWith("{group}")) {
    heads++;
    return { response, data: { group: all[Number(params.path.group) - 1] } };
  }
  const q = params.query ?? {};
  const groups = all.filter((g) => g.name.includes(String(q.q ?? "")) && (!q.network || g.network === q.network));
  return { response, data: { groups: groups.slice(0, Number(q.limit)), total: groups.length } };
};

beforeEach(() => {
  heads = 0;
  vi.spyOn(client, "GET").mockImplementation(api as never);
});
afterEach(cleanup);

const rendered = <T>(use: () => T) => {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const wrapper = ({ children }: { children: ReactNode }) =>
    createElement(QueryClientProvider, { client: queries }, children);
  return renderHook(use, { wrapper }).result;
};

it("finds every one of 2,000 groups by what is typed, and the first again when it is forgotten", async () => {
  const choices = rendered(() => useGroupChoices(undefined));
  await waitFor(() => expect(choices.current.options).toHaveLength(100));
  act(() => choices.current.showSearch.onSearch(" 1987 "));
  await waitFor(() => expect(choices.current.options).toEqual([{ value: 1987, label: "群 1987" }]));
  act(() => choices.current.forget());
  await waitFor(() => expect(choices.current.options).toHaveLength(100));
});

it("names those who are chosen and not among the first", async () => {
  const choices = rendered(() => useGroupChoices([7, 1500, 1999]));
  await waitFor(() =>
    expect(choices.current.options.slice(0, 2)).toEqual([
      { value: 1500, label: "群 1500" },
      { value: 1999, label: "群 1999" },
    ]),
  );
  expect(choices.current.options).toHaveLength(102);
  expect(heads).toBe(2);
});

it("asks for the names of no more than fifty", async () => {
  const many = all.slice(1000, 1200).map((g) => g.id);
  const choices = rendered(() => useGroupChoices(many));
  await waitFor(() => expect(choices.current.options.filter((o) => o.label.startsWith("群"))).toHaveLength(150));
  expect(choices.current.options.filter((o) => o.label.startsWith("#"))).toHaveLength(150);
});

it("offers other choices first, and those that match what is typed", async () => {
  const others = [
    { value: "all", label: "所有群" },
    { value: "set/1", label: "群集：18 栋" },
  ];
  const choices = rendered(() => useGroupChoices(1800, { others, value: (g) => `group/${g}` }));
  await waitFor(() => expect(choices.current.options[2]).toEqual({ value: "group/1800", label: "群 1800" }));
  expect(choices.current.options.slice(0, 2)).toEqual(others);
  act(() => choices.current.showSearch.onSearch("18"));
  await waitFor(() => expect(choices.current.options.every((o) => o.label.includes("18"))).toBe(true));
  expect(choices.current.options[0]).toEqual(others[1]);
});

it("asks for groups of one network alone", async () => {
  const choices = rendered(() => useGroupChoices(0, { network: "wecom" }));
  await waitFor(() => expect(choices.current.options).toHaveLength(100));
  expect(choices.current.options.every((o) => Number(o.value) % 2 === 0)).toBe(true);
});
