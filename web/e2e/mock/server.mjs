// A stand-in for the server: `node e2e/mock/server.mjs [port]` shows the built
// console with made-up data. Environment: SETUP=1 starts before the first run,
// EMPTY=1 without groups, MANY=1 with 2,000.
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import * as data from "./data.mjs";

const dist = fileURLToPath(new URL("../../dist/console/", import.meta.url));
const types = { ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".json": "application/json" };
const owner = {
  id: 1,
  name: "阿云",
  role: "owner",
  may: ["public", "self", "read", "import", "act", "manage"],
  limited: false,
};

export function startMock({ port = 0, setup = false, empty = false, many = false } = {}) {
  const state = { staff: null, setup, imports: [], outbox: [], welcome: { on: false, text: "", version: 0 } };
  const size = empty ? 0 : many ? 2000 : 12;
  const server = createServer((request, response) => {
    const url = new URL(request.url, "http://mock");
    if (!url.pathname.startsWith("/api/")) return file(url.pathname, response);
    const chunks = [];
    request.on("data", (c) => chunks.push(c));
    request.on("end", () => {
      const raw = Buffer.concat(chunks);
      const body = request.headers["content-type"]?.includes("json") && raw.length ? JSON.parse(raw) : {};
      api(
        {
          method: request.method,
          path: url.pathname.slice("/api/v1".length),
          query: url.searchParams,
          body,
          raw,
          state,
          size,
        },
        response,
      );
    });
  });
  return new Promise((done) => {
    server.listen(port, "127.0.0.1", () =>
      done({
        url: `http://127.0.0.1:${server.address().port}`,
        stop: () => {
          server.closeAllConnections();
          server.close();
        },
      }),
    );
  });
}

function file(path, response) {
  const name = join(dist, path);
  const packed = `${name}.gz`;
  if (path !== "/" && extname(name) && (existsSync(name) || existsSync(packed))) {
    response.setHeader("Content-Type", types[extname(name)] ?? "application/octet-stream");
    return response.end(existsSync(name) ? readFileSync(name) : gunzipSync(readFileSync(packed)));
  }
  const nonce = randomBytes(16).toString("base64");
  response.setHeader("Content-Type", "text/html; charset=utf-8");
  response.setHeader(
    "Content-Security-Policy",
    `default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; font-src 'self'; style-src-elem 'self' 'nonce-${nonce}'; style-src-attr 'unsafe-inline'; base-uri 'none'; form-action 'self'`,
  );
  response.end(readFileSync(join(dist, "index.html"), "utf8").replaceAll("__NONCE__", nonce));
}

const session = (s) => ({
  setup_needed: s.setup,
  ...(s.staff ? { staff: s.staff } : {}),
  version: "0.1.0",
  demo: true,
  languages: ["zh-CN", "en"],
});

function preview(file) {
  const table = file.endsWith(".csv");
  return {
    groups: table
      ? []
      : [
          {
            name: "周末徒步",
            group: 0,
            rows: 12_480,
            messages: 12_371,
            people: 86,
            from: Date.now() - 200 * 864e5,
            to: Date.now() - 864e5,
            gaps: [data.gap(data.addDays(data.today, -60), 5)],
          },
        ],
    rows: table ? 0 : 12_480,
    rejects: 3,
    sample: table ? [] : [11, 12, 14, 16, 18].map((n) => data.message(n)),
    ...(table ? { columns: ["日期", "昵称", "说了什么", "编号"], map: "" } : {}),
  };
}

function advance(i) {
  if (i.state === "preview") return Object.assign(i, { state: "ready", preview: preview(i.file) });
  if (i.state === "running") {
    i.progress.share = Math.min(1, i.progress.share + 0.34);
    i.progress.rows = Math.round(i.preview.rows * i.progress.share);
    Object.assign(i.progress, { per_second: 8200, seconds_left: (1 - i.progress.share) * 90 });
    if (i.progress.share >= 1) {
      i.state = "done";
      i.result = {
        imported: 12_480,
        duplicates: 212,
        rejected: 3,
        members: 86,
        from: "2026-05-01T00:00:00Z",
        to: "2026-11-20T00:00:00Z",
        gaps: i.preview.groups[0].gaps,
        groups: [1],
        names: ["周末徒步"],
        reject_file: "x.csv",
      };
      Object.assign(i.progress, { counted: 0.4, indexed: 0.1 });
    }
  } else if (i.state === "done") {
    i.progress.counted = Math.min(1, i.progress.counted + 0.3);
    i.progress.indexed = Math.min(1, i.progress.indexed + 0.3);
  }
  return i;
}

function api({ method, path, query, body, state, size, raw }, response) {
  const send = (value, status = 200) => {
    response.statusCode = status;
    response.setHeader("Content-Type", status < 400 ? "application/json" : "application/problem+json");
    response.end(value === undefined ? "" : JSON.stringify(value));
  };
  const problem = (status, type, detail, hint) => send({ type, title: type, status, detail, hint }, status);
  const as_of = 100_000;
  const from = query.get("from") ?? data.addDays(data.today, -29);
  const to = query.get("to") ?? data.today;
  const period = { from, to };
  const rest = path.replace(/^\/communities\/[^/]+/, "");

  if (path === "/session" && method === "GET") return send(session(state));
  if (path === "/setup") {
    Object.assign(state, { setup: false, staff: { ...owner, name: body.name } });
    return send(session(state));
  }
  if (path === "/session" && method === "POST") {
    if (body.password === "wrong") return problem(401, "unauthorized", "wrong name or password", "");
    state.staff = { ...owner, name: body.name };
    return send(session(state));
  }
  if (path === "/session") {
    state.staff = null;
    return send(undefined, 204);
  }
  if (path === "/metrics") return send({ metrics: data.metrics });
  if (!state.staff) return problem(401, "unauthorized", "sign in first", "");
  if (path === "/communities")
    return send({ communities: [{ id: 1, slug: "default", name: "默认", zone: "Asia/Shanghai" }] });
  if (rest === "/events") {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    return response.write(": open\n\n");
  }
  if (rest === "/groups") {
    const days = Number(query.get("days") ?? 30);
    const limit = Number(query.get("limit") ?? 50);
    const at = Number(query.get("cursor") ?? 0);
    const all = Array.from({ length: size }, (_, i) => i + 1).filter((id) =>
      data.card(id, 1).name.includes(query.get("q") ?? ""),
    );
    const cards = all.slice(at, at + limit).map((id) => data.card(id, days));
    const end = { from: data.addDays(data.today, 1 - days), to: data.today };
    return send({
      as_of,
      period: end,
      groups: cards,
      total: all.length,
      summary: data.summary(cards),
      ...(at + limit < all.length ? { next: String(at + limit) } : {}),
    });
  }
  const inGroup = rest.match(/^\/groups\/(\d+)(?:\/(.*))?$/);
  if (inGroup)
    return group(Number(inGroup[1]), inGroup[2] ?? "", {
      send,
      problem,
      method,
      query,
      body,
      state,
      size,
      from,
      to,
      period,
      as_of,
    });
  if (rest === "/messages") {
    const q = query.get("q") ?? "";
    const at = Number(query.get("cursor") ?? 99_999);
    const g = query.get("group");
    const found = [];
    let seq = at;
    for (; seq > 99_000 && found.length < 40; seq--) {
      const m = data.message(seq, g ? Number(g) : undefined, q);
      if (q ? m.marks : m.kind === "message.posted") found.push(m);
    }
    return send({
      as_of,
      messages: found,
      cut_short: false,
      indexed_to: q ? as_of - 1200 : as_of,
      ...(seq > 99_000 ? { next: String(seq) } : {}),
    });
  }
  const near = rest.match(/^\/messages\/(\d+)\/context$/);
  if (near) {
    const seq = Number(near[1]);
    return send({
      as_of,
      messages: Array.from({ length: 21 }, (_, i) => data.message(seq - 10 + i, (seq % 12) + 1)),
      earlier: true,
      later: true,
      gaps: [],
    });
  }
  if (rest.startsWith("/people/"))
    return send({
      as_of,
      person: {
        id: 1,
        name: "小李",
        names: ["小李"],
        identities: [],
        groups: [],
        messages: 10,
        first_at: 0,
        last_at: 0,
      },
    });
  if (rest === "/files") {
    const made = {
      id: state.imports.length + 1,
      file: query.get("name"),
      format: "wechat-txt",
      state: "preview",
      progress: { share: 0, rows: 0, per_second: 0, seconds_left: 0, counted: 0, indexed: 0 },
      by: state.staff.name,
      at: Date.now(),
      bytes: raw.length,
    };
    state.imports.unshift(made);
    return send({ as_of, import: made });
  }
  if (rest === "/imports") return send({ as_of, imports: state.imports.map(advance) });
  const one = rest.match(/^\/imports\/(\d+)(?:\/(.*))?$/);
  if (one) {
    const i = state.imports.find((x) => x.id === Number(one[1]));
    if (!i) return problem(404, "not_found", "没有这次导入", "它可能已被删除。");
    if (one[2] === "start" || one[2] === "resume") i.state = "running";
    else if (one[2] === "cancel") i.state = "cancelled";
    else if (method === "PATCH" && body.map)
      Object.assign(i.preview, preview("x.txt"), { map: body.map, columns: undefined });
    else if (method === "PATCH" && body.group !== undefined) i.preview.groups[0].group = body.group;
    else advance(i);
    return send({ as_of, import: i });
  }
  if (rest === "/rosters")
    return send({
      as_of,
      members: ["小李", "王芳", "阿杰", "Lily"],
      joined: ["Lily"],
      left: ["老周", "大鹏"],
      preview: !body.apply,
    });
  if (rest === "/outbox")
    return send({
      as_of,
      entries: state.outbox.map((e) => ({ ...e, state: Date.now() - e.due_at > 1500 ? "done" : "queued" })),
    });
  if (rest === "/loops")
    return send({
      as_of,
      loops: [
        ["decide", 100_000],
        ["project", 100_000],
        ["search", 98_800],
        ["dispatch", 100_000],
      ].map(([name, cursor]) => ({ name, cursor, head: as_of, behind: as_of - cursor })),
    });
  if (rest === "/parked")
    return send({
      as_of,
      parked: [
        {
          seq: 4211,
          kind: "message.posted",
          group: 2,
          at: Date.now() - 7_200_000,
          error: "欢迎语超过平台长度上限",
          state: "parked",
        },
      ],
    });
  return problem(404, "not_found", "no such thing", "");
}

function group(id, part, c) {
  const { send, problem, as_of, period, from, to, query, state } = c;
  if (id > c.size) return problem(404, "not_found", "没有这个群", "它可能已被合并，回到全部群再找。");
  const head = data.card(id, 30);
  switch (part) {
    case "":
      return send({
        as_of,
        group: head,
        coverage: {
          first_at: head.first_at,
          last_at: head.last_at,
          gaps: [data.gap(data.addDays(data.today, -260), 21, "known"), ...head.gaps],
          sources: [
            {
              name: "wechat-2026.txt",
              kind: "import",
              messages: 41_200,
              first_at: head.first_at,
              last_at: head.last_at,
            },
          ],
        },
        capabilities: ["read", "send", "recall", "mute"].map((ability) => ({
          ability,
          can: ability === "send" ? (id === 6 || id === 1 ? "machine" : id % 2 ? "person" : "nobody") : "person",
        })),
        settings: { zone: "Asia/Shanghai", welcome: state.welcome },
      });
    case "numbers":
      return send({ as_of, period, before: period, numbers: data.numbers(id, from, to), gaps: head.gaps });
    case "trend":
      return send({ as_of, period, trend: data.trend(id, from, to, query.get("grain") ?? "day") });
    case "rhythm":
      return send({ as_of, period, rhythm: data.rhythm(id) });
    case "retention":
      return send({ as_of, period, retention: data.retention(id, from, to, query.get("of") ?? "speaking") });
    case "speakers":
      return send({ as_of, period, ...data.speakers(id, Number(query.get("limit") ?? 10)) });
    case "words":
      return send({ as_of, period, words: id === 11 ? [] : data.words() });
    case "stream":
      return send({
        as_of,
        messages: Array.from({ length: 30 }, (_, i) => data.message(99_971 + i, id)),
        earlier: true,
        later: false,
        gaps: [],
      });
    case "messages": {
      const entry = {
        key: "k",
        group: id,
        kind: "send",
        text: c.body.text,
        state: "queued",
        cause: "staff",
        cause_seq: 1,
        due_at: Date.now(),
        done_at: 0,
        attempts: 0,
      };
      state.outbox.unshift(entry);
      return send({ as_of, entry });
    }
    case "settings/welcome":
      state.welcome = { ...c.body, version: c.body.version + 1 };
      return send({ as_of, settings: { zone: "Asia/Shanghai", welcome: state.welcome } });
    default:
      return problem(404, "not_found", "no such part", "");
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { SETUP, EMPTY, MANY } = process.env;
  const { url } = await startMock({ port: Number(process.argv[2] ?? 0), setup: !!SETUP, empty: !!EMPTY, many: !!MANY });
  console.log(url + (SETUP ? "/setup?token=mock" : ""));
}
