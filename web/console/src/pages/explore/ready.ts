import type { ExploreSearch } from "../../queries/explore.ts";

export interface Ready {
  name: "newSpeak" | "channelsKeep" | "invitersBring" | "comeBack" | "checkIns" | "groupsNow" | "whenLively";
  search: ExploreSearch;
}

/** Questions that most people have, ready to be asked. `word` is what people write who check in. */
export const ready = (word: string): Ready[] => [
  {
    name: "newSpeak",
    search: {
      tab: "funnel",
      steps: [{ kind: "member.joined" }, { kind: "message.posted" }, { kind: "message.posted", after: 1 }],
      window: 7,
      same: true,
      by: "group",
    },
  },
  {
    name: "channelsKeep",
    search: {
      tab: "funnel",
      steps: [{ kind: "member.joined" }, { kind: "message.posted" }, { kind: "message.posted", after: 7 }],
      window: 30,
      same: true,
      by: "way",
      days: 90,
    },
  },
  {
    name: "invitersBring",
    search: {
      tab: "funnel",
      steps: [{ kind: "member.joined" }, { kind: "message.posted" }],
      window: 14,
      same: true,
      by: "inviter",
      days: 90,
    },
  },
  {
    name: "comeBack",
    search: {
      tab: "cohorts",
      first: { kind: "message.posted" },
      back: { kind: "message.posted" },
      grain: "week",
      days: 90,
    },
  },
  {
    name: "checkIns",
    search: {
      tab: "cohorts",
      first: { kind: "message.posted", text: word },
      back: { kind: "message.posted", text: word },
      grain: "week",
      days: 90,
    },
  },
  {
    name: "groupsNow",
    search: {
      tab: "query",
      metrics: ["messages", "speakers", "activity_rate", "joins", "leaves"],
      who: "group",
      compare: "before",
    },
  },
  { name: "whenLively", search: { tab: "query", metrics: ["messages_mean"], time: "hour" } },
];
