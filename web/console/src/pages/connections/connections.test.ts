import type { Connection, ConnectionHealth, Driver } from "@qunying/api/model";
import { Problem } from "@qunying/api/problem";
import { afterEach, describe, expect, it, vi } from "vitest";
import { keepDraft, readDraft } from "./draft.ts";
import {
  asked,
  blamed,
  called,
  configOf,
  fileFault,
  fileOf,
  fileTaken,
  fileText,
  freeName,
  inputOf,
  missing,
  valuesOf,
} from "./fields.ts";
import { beginning, day, missed, onlineShare, stretches } from "./timeline.ts";

const field = (name: string, kind: Driver["fields"][number]["kind"], more = {}) => ({
  name,
  kind,
  required: false,
  generated: false,
  ...more,
});

const driver: Driver = {
  name: "onebot",
  network: "qq",
  official: false,
  hook: true,
  hook_unless: "mode=forward",
  reads_only: false,
  limits: { per_minute: 0, per_day: 0, per_group: 0, pause: 0 },
  fields: [
    field("mode", "choice", { required: true, default: "forward", choices: ["forward", "http"] }),
    field("address", "address", { required: true, when: "mode=forward" }),
    field("api", "address", { required: true, when: "mode=http" }),
    field("token", "secret", { required: true }),
    field("secret", "secret", { required: true, generated: true, when: "mode=http" }),
    field("port", "number"),
    field("tls", "flag", { default: "true" }),
  ],
};

describe("fields", () => {
  it("tell a file that another connection has from a name that is taken", () => {
    const filed: Driver = { ...driver, fields: [field("proof", "file"), field("token", "secret")] };
    const says = (code: string, message: string) => fileTaken(filed, new Problem(code, message));
    expect(says("conflict", "proof: the connection token has a file WW_verify_a.txt with other content")).toBe(true);
    expect(says("conflict", "the connection wecom is of onebot")).toBe(false);
    expect(says("conflict", "the connection token is of onebot")).toBe(false);
    expect(says("invalid", "proof is empty")).toBe(false);
  });
  it("take a file to the byte, and say what is wrong with one", () => {
    const filed: Driver = { ...driver, fields: [field("proof", "file")] };
    const text = fileText("WW_verify_Ab12.txt", " Ab12\r\n");
    expect(configOf(filed, { proof: text })).toEqual({ proof: "WW_verify_Ab12.txt\n Ab12\r\n" });
    expect(fileOf(text)).toEqual({ name: "WW_verify_Ab12.txt", content: " Ab12\r\n" });
    expect(fileOf("WW_verify_Ab12.txt")).toEqual({ name: "WW_verify_Ab12.txt", content: "" });
    expect(configOf(filed, { proof: fileText("", "") })).toEqual({});
    expect(["", text, fileText("MP_verify_a.txt", "x".repeat(1024))].map(fileFault)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    const faults = {
      "verify.txt\nx": "name",
      "WW_verify_a.txt.html\nx": "name",
      "\nx": "name",
      [`WW_verify_${"a".repeat(65)}.txt\nx`]: "name",
      "WW_verify_a.txt": "empty",
      "WW_verify_a.txt\n \r\n": "empty",
      "WW_verify_a.txt\n验证": "signs",
      [`WW_verify_a.txt\n${"x".repeat(1025)}`]: "long",
    };
    expect(Object.fromEntries(Object.keys(faults).map((f) => [f, fileFault(f)]))).toEqual(faults);
  });

  it("begin with defaults, and never with a secret", () => {
    expect(valuesOf(driver)).toEqual({
      mode: "forward",
      address: "",
      api: "",
      token: "",
      secret: "",
      port: "",
      tls: true,
    });
    expect(valuesOf(driver, { mode: "http", port: 80, token: true, tls: false })).toMatchObject({
      mode: "http",
      port: "80",
      token: "",
      tls: false,
    });
  });

  it("are asked for where they matter, and sent where they were", () => {
    const values = { ...valuesOf(driver), address: " ws://a ", api: "http://b", port: "3001" };
    expect(driver.fields.filter((f) => asked(f, values)).map((f) => f.name)).not.toContain("api");
    expect(configOf(driver, values)).toEqual({ mode: "forward", address: "ws://a", port: 3001, tls: true });
  });

  it("say whether the platform calls us", () => {
    expect(called(driver, valuesOf(driver))).toBe(false);
    expect(called(driver, valuesOf(driver, { mode: "http" }))).toBe(true);
    expect(called({ ...driver, hook: false }, valuesOf(driver, { mode: "http" }))).toBe(false);
  });

  it("are missing unless they are kept, made up or not asked for", () => {
    expect(missing(driver, valuesOf(driver))).toEqual(["address", "token"]);
    expect(missing(driver, { ...valuesOf(driver), mode: "http" })).toEqual(["api", "token"]);
    expect(missing(driver, { ...valuesOf(driver), address: "x" }, { token: true })).toEqual([]);
  });

  it("are found in a refusal", () => {
    expect(blamed(driver, "address is empty")).toBe("address");
    expect(blamed(driver, "the token has to be longer")).toBe("token");
    expect(blamed(driver, "tokens differ")).toBeUndefined();
  });

  it("keep everything when a connection is saved again", () => {
    const c = {
      driver: "x",
      title: "t",
      config: { token: true },
      adopt_all: true,
      paused: false,
      dry_run: true,
      version: 3,
    };
    expect(inputOf(c as unknown as Connection)).toEqual(c);
  });
});

it("takes a name that is free", () => {
  expect(freeName("sim", [])).toBe("sim");
  expect(freeName("sim", ["sim", "sim-2"])).toBe("sim-3");
});

describe("a draft", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("comes back without its secrets", () => {
    const kept = new Map<string, string>();
    vi.stubGlobal("localStorage", {
      getItem: (k: string) => kept.get(k) ?? null,
      setItem: (k: string, v: string) => kept.set(k, v),
    });
    expect(readDraft("onebot")).toBeUndefined();
    const draft = {
      title: "T",
      name: "n",
      values: { token: "hush", port: "1" },
      ticked: [0, 2],
      step: "fill" as const,
    };
    keepDraft(driver, draft);
    expect([...kept.values()].join()).not.toContain("hush");
    expect(readDraft("onebot")).toEqual({ ...draft, values: { port: "1" } });
    kept.set("qunying.connect.onebot", "{");
    expect(readDraft("onebot")).toBeUndefined();
  });
});

describe("the timeline", () => {
  const health = { state: "online", since: 60, event_at: 0, lag: 0, heard: 0, errors: 0 } as const;
  const at = (timeline: ConnectionHealth["timeline"]): ConnectionHealth => ({ as_of: 0, health, timeline });

  it("has no holes", () => {
    const h = at([
      { at: 60, state: "online", missed_from: 35 },
      { at: 40, state: "offline" },
      { at: 20, state: "online" },
    ]);
    const list = stretches(h, 0, 100);
    expect(list).toEqual([
      { from: 0, to: 20, state: "unknown" },
      { from: 20, to: 40, state: "online" },
      { from: 40, to: 60, state: "offline" },
      { from: 60, to: 100, state: "online" },
    ]);
    expect(missed(h, 0)).toEqual([{ from: 35, to: 60 }]);
    expect(missed(h, 50)).toEqual([{ from: 50, to: 60 }]);
    expect(onlineShare(list)).toBeCloseTo(60 / 80);
  });

  it("is drawn from when a young connection was first noted", () => {
    const now = 100 * day;
    expect(beginning(at([{ at: 99 * day, state: "online" }]), now)).toBe(99 * day);
    expect(beginning(at([{ at: now - 5, state: "online" }]), now)).toBe(now - day / 24);
    expect(beginning(at([{ at: 3 * day, state: "online" }]), now)).toBe(70 * day);
    expect(beginning({ as_of: 0, health: { ...health, since: 0 }, timeline: [] }, now)).toBe(70 * day);
  });

  it("begins at the window and joins what is the same", () => {
    const h = at([
      { at: 30, state: "online" },
      { at: 10, state: "online" },
    ]);
    expect(stretches(h, 20, 100)).toEqual([{ from: 20, to: 100, state: "online" }]);
  });

  it("knows only the present where nothing was noted", () => {
    expect(stretches(at([]), 0, 100)).toEqual([
      { from: 0, to: 60, state: "unknown" },
      { from: 60, to: 100, state: "online" },
    ]);
    expect(onlineShare([])).toBeUndefined();
  });
});
