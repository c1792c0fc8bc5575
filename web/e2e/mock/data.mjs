// Made-up answers in the shapes of openapi.json, for looking at the console
// without a server. Everything follows from a seed, so pictures stay the same.

const dayLength = 86_400_000;
const now = Date.now();
const today = new Date(now + 8 * 3_600_000).toISOString().slice(0, 10);

export function seeded(seed) {
  let x = seed * 2654435761 + 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 2 ** 32;
  };
}

export const addDays = (day, n) => new Date(Date.parse(`${day}T00:00:00Z`) + n * dayLength).toISOString().slice(0, 10);
export const between = (a, b) => Math.round((Date.parse(b) - Date.parse(a)) / dayLength) + 1;

const names = [
  "读书会·每晚一章",
  "青禾优选 1 群（南山）",
  "城市跑者俱乐部",
  "少儿编程家长群",
  "新手妈妈互助",
  "独立开发者茶馆",
  "摄影外拍约起来",
  "社区团购·翠湖苑北门自提点通知与售后群",
  "考研英语打卡",
  "Rust 与系统编程",
  "周末徒步",
  "花艺沙龙会员群",
];
const people = [
  "小李",
  "王芳",
  "阿杰",
  "陈晨",
  "Lily",
  "老周",
  "豆豆妈",
  "程序员小张",
  "南山南",
  "大鹏",
  "瑶瑶",
  "Kevin",
];

export const gap = (from, days, kind = "suspected") => ({
  from,
  to: addDays(from, days - 1),
  kind,
  days,
  ...(kind === "suspected" ? { chance: 0.0004 } : {}),
});

function gapsOf(id) {
  if (id % 4 === 1) return [gap(addDays(today, -19), 4), gap(addDays(today, -7), 1, "known")];
  if (id % 7 === 3) return [gap(addDays(today, -12), 3)];
  return [];
}

const inGap = (gaps, day) => gaps.some((g) => g.from <= day && day <= g.to);

/** Messages of a group on a day, or null in a gap. */
export function messagesOn(id, day) {
  if (inGap(gapsOf(id), day)) return null;
  const random = seeded(id * 7919 + Date.parse(day) / dayLength);
  const weekday = new Date(day).getUTCDay();
  const level = id === 11 ? 0 : (260 / id ** 0.8) * (weekday % 6 === 0 ? 1.35 : 1);
  const drift = 1 + 0.3 * Math.sin(Date.parse(day) / dayLength / 9 + id);
  return Math.round(level * drift * (0.7 + 0.6 * random()));
}

export function card(id, days, to = today) {
  const t = Array.from({ length: days }, (_, i) => addDays(to, i + 1 - days));
  const v = t.map((d) => messagesOn(id, d));
  const messages = v.reduce((s, x) => s + (x ?? 0), 0);
  const before = t.reduce((s, d) => s + (messagesOn(id, addDays(d, -days)) ?? 0), 0);
  const roster = id % 3 !== 2;
  const members = 60 + ((id * 137) % 420);
  return {
    id,
    name: names[(id - 1) % names.length] + (id > names.length ? ` ${Math.ceil(id / names.length)}` : ""),
    network: id % 5 === 0 ? "qq" : id === 6 ? "sim" : "wechat",
    zone: "Asia/Shanghai",
    data: ["messages", ...(roster ? ["roster"] : []), ...(id % 4 === 2 ? ["joins"] : [])],
    members: roster ? members : null,
    seen: Math.round(members * 0.7),
    messages,
    speakers: Math.min(members, Math.round(Math.sqrt(messages) * 2.1)),
    messages_before: before,
    joins: roster ? (id * 5) % 23 : null,
    leaves: roster ? (id * 3) % 9 : null,
    spark: { t, v },
    gaps: gapsOf(id),
    first_at: now - 410 * dayLength,
    last_at: id === 11 ? now - 40 * dayLength : now - id * 17 * 60_000,
    total: messages * 11 + 3,
  };
}

const ref = (band, below, above) => ({
  band,
  ...(below != null ? { below } : {}),
  ...(above != null ? { above } : {}),
  source: "S73",
});
const metric = (id, zh, en, unit, source, formula, references) => ({
  id,
  zh,
  en,
  unit,
  source: [source],
  formula,
  grain: ["day"],
  needs: ["messages"],
  ...(references ? { references } : {}),
});
export const metrics = [
  metric("messages", "消息数", "Messages", "messages", "S75", {
    zh: "时段内成员发出的消息条数",
    en: "messages by members in the period",
  }),
  metric("speakers", "发言人数", "Speakers", "persons", "S75", {
    zh: "时段内至少发言一次的人",
    en: "people who spoke at least once",
  }),
  metric("dau_mean", "日均发言人数", "Speakers a day", "persons", "S71", {
    zh: "每日发言人数的平均，缺失的天不算",
    en: "mean of speakers a day, without missing days",
  }),
  metric("mau", "月发言人数", "Speakers in 30 days", "persons", "S71", {
    zh: "近 30 天至少发言一次的人",
    en: "people who spoke within 30 days",
  }),
  metric(
    "activity_rate",
    "日活率",
    "Activity rate",
    "share",
    "S73",
    { zh: "日均发言人数 ÷ 成员总数", en: "speakers a day / members" },
    [ref("alert", 0.15), ref("watch", 0.25, 0.15), ref("good", 0.4, 0.25), ref("excellent", null, 0.4)],
  ),
  metric("next_week_retention", "次周留存", "Back next week", "share", "S71", {
    zh: "本周发言的人里，下周还发言的比例",
    en: "share of a week's speakers who speak in the next",
  }),
  metric("joins", "进群", "Joined", "persons", "S72", { zh: "时段内进群人次", en: "joins in the period" }),
  metric("leaves", "退群", "Left", "persons", "S72", { zh: "时段内退群人次", en: "leaves in the period" }),
  metric("mentions", "@次数", "Mentions", "count", "S75", {
    zh: "消息里 @ 成员的次数",
    en: "members mentioned in messages",
  }),
];

const num = (m, value, before, more = {}) => ({ metric: m, value, before: before ?? null, partial: false, ...more });

export function numbers(id, from, to) {
  const days = between(from, to);
  const c = card(id, days, to);
  const daily = Math.max(1, c.speakers / 3.2);
  return [
    num("messages", c.messages, c.messages_before),
    num("speakers", c.speakers, Math.round(c.speakers * 0.93)),
    num("dau_mean", daily, daily * 1.08),
    c.members != null
      ? num("activity_rate", daily / c.members, (daily * 0.9) / c.members, { of: c.members })
      : num("activity_rate", daily / c.seen, null, { of: c.seen, why: "members_seen" }),
    num("next_week_retention", 12 / 31, null, { of: 31 }),
    c.joins != null ? num("joins", c.joins, 9) : num("joins", null, null, { why: "no_roster" }),
    c.leaves != null ? num("leaves", c.leaves, 4) : num("leaves", null, null, { why: "no_roster" }),
    num("mentions", Math.round(c.messages / 14), Math.round(c.messages_before / 14)),
  ];
}

export function summary(cards) {
  const sum = (key) => cards.reduce((s, c) => s + (c[key] ?? 0), 0);
  return [
    num("messages", sum("messages"), sum("messages_before")),
    num("speakers", Math.round(sum("speakers") * 0.8), Math.round(sum("speakers") * 0.84)),
    num("activity_rate", 0.183, 0.171, { of: 2810 }),
    num("joins", sum("joins"), 61),
    num("leaves", null, null, { why: "no_roster" }),
  ];
}

export function trend(id, from, to, grain) {
  const days = Array.from({ length: between(from, to) }, (_, i) => addDays(from, i));
  const start = (d) => {
    if (grain === "day") return d;
    if (grain === "month") return `${d.slice(0, 7)}-01`;
    return addDays(d, -((new Date(d).getUTCDay() + 6) % 7));
  };
  const t = [...new Set(days.map(start))];
  const c = card(id, 30);
  const of = (step) => days.filter((d) => start(d) === step);
  const total = (step) => {
    const known = of(step)
      .map((d) => messagesOn(id, d))
      .filter((v) => v !== null);
    return known.length > 0 ? known.reduce((s, v) => s + v, 0) : null;
  };
  const messages = t.map(total);
  const speakers = messages.map((v) => (v === null ? null : Math.round(Math.sqrt(v) * 2.2)));
  return {
    grain,
    t,
    messages,
    speakers,
    activity: t.map((step, i) =>
      c.members === null || speakers[i] === null ? null : (speakers[i] / of(step).length ** 0.5 / c.members) * 2.4,
    ),
    joins: t.map((d) => (c.joins === null ? null : Math.floor(seeded(id + Date.parse(d) / dayLength)() * 3))),
    leaves: t.map((d) => (c.leaves === null ? null : Math.floor(seeded(id * 3 + Date.parse(d) / dayLength)() * 2))),
    members: t.map((_, i) => (c.members === null ? null : c.members - t.length + i)),
    partial: t.map((_, i) => i === t.length - 1),
    inferred: t.map(() => false),
    gaps: gapsOf(id),
  };
}

export function rhythm(id) {
  const random = seeded(id);
  const mean = Array.from({ length: 7 }, (_, d) =>
    Array.from({ length: 24 }, (_, h) => {
      const evening = Math.exp(-((h - 20.5) ** 2) / 8);
      const noon = Math.exp(-((h - 12.5) ** 2) / 4) * 0.6;
      const late = h < 6 ? 0.02 : 0.1;
      return Math.round((evening + noon + late) * (d > 4 ? 26 : 18) * (0.7 + 0.6 * random()) * 10) / 10;
    }),
  );
  return { mean, total: mean.map((r) => r.map((v) => Math.round(v * 4))), days: [4, 4, 4, 5, 5, 4, 4] };
}

export function retention(id, from, to, of) {
  const c = card(id, 30);
  if (of === "membership" && c.joins === null) {
    return {
      of,
      known: false,
      why: "no_roster",
      cohorts: [],
      next: num("next_week_retention", null, null, { why: "no_roster" }),
    };
  }
  const first = addDays(from, (8 - new Date(from).getUTCDay()) % 7);
  const weeks = Math.max(0, Math.floor((between(first, to) + 6) / 7));
  const random = seeded(id);
  const cohorts = Array.from({ length: Math.min(weeks, 20) }, (_, i) => {
    const size = Math.round((id === 1 ? 160 : 34) * (0.6 + random()) * (i === 0 ? 1.6 : 0.5));
    return {
      week: addDays(first, i * 7),
      size,
      back: Array.from({ length: weeks - i - 1 }, (_, k) =>
        i + k === 2 ? null : Math.round(size * (0.62 / (k + 1) ** 0.4) * (0.85 + 0.3 * random())),
      ),
    };
  });
  return { of, known: true, cohorts, next: num("next_week_retention", 0.41, null, { of: id === 1 ? 214 : 31 }) };
}

export function speakers(id, limit) {
  const c = card(id, 30);
  const weights = people.map((_, i) => 1 / (i + 1.4));
  const all = weights.reduce((s, w) => s + w, 0) * 1.5;
  const list = people.slice(0, limit).map((name, i) => ({
    person: i + 1,
    name,
    messages: Math.round((c.messages * weights[i]) / all),
    share: weights[i] / all,
    days: 28 - i * 2,
    last_at: now - i * 5_000_000,
  }));
  const share = 1 - list.reduce((s, x) => s + x.share, 0);
  return { speakers: list, others: { persons: 74, messages: Math.round(c.messages * share), share } };
}

export const words = () => [
  { word: "打卡", count: 412, new: false, before: 380 },
  { word: "读后感", count: 260, new: false, before: 301 },
  { word: "三体", count: 184, new: false, before: 12 },
  { word: "晚安", count: 171, new: false, before: 166 },
  { word: "破防", count: 96, new: true, before: 0 },
  { word: "第三章", count: 88, new: false, before: 40 },
  { word: "直播", count: 71, new: false, before: 90 },
  { word: "优惠券", count: 64, new: false, before: 64 },
  { word: "搭子", count: 41, new: true, before: null },
  { word: "书单", count: 39, new: false, before: 51 },
];

const lines = [
  "早上好，今天打卡第 3 天",
  "昨晚那章看得我破防了，作者写离别写得太克制，反而更难受",
  "有人一起拼单吗？还差两个人",
  "图书馆周末开到几点？",
  "我整理了一份书单，放在群文件里了，大家按自己的节奏来，不用赶",
  "收到，谢谢！",
  "今晚八点直播，记得来",
  "打卡 第 12 天，读完了《呼兰河传》",
  "哈哈哈哈哈",
  "新来的朋友先看一下公告",
];

export function message(seq, group = (seq % 12) + 1, q = "") {
  const text = lines[seq % lines.length];
  const at = q ? text.indexOf(q) : -1;
  const joined = seq % 17 === 5;
  return {
    seq,
    group,
    group_name: card(group, 1).name,
    person: (seq % people.length) + 1,
    name: people[seq % people.length],
    at: now - (100_000 - seq) * 190_000,
    content: joined ? "" : seq % 9 === 4 ? "image" : "text",
    text: joined || seq % 9 === 4 ? "" : text,
    kind: joined ? "member.joined" : "message.posted",
    recalled: seq % 23 === 7,
    from_us: seq % 29 === 3,
    erased: false,
    ...(at >= 0 ? { marks: [[at, at + q.length]] } : {}),
  };
}

export { today };
