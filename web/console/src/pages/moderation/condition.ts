import type { Clause, Policy, PolicyTest } from "@qunying/api/model";

/** Rules of one clause and nothing else. */
export const alone = (clause: Clause): Policy => ({
  clauses: [clause],
  strikes: { days: 30 },
  exempt: {},
  approval: {},
  guard: {},
});

/** The condition as the form holds it, where it can: all of some tests, or any of them. */
export function asForm(ways: readonly (readonly PolicyTest[] | null)[] | null | undefined): Clause["when"] | undefined {
  const lists = (ways ?? []).map((w) => w ?? []);
  const [first] = lists;
  if (!first) return undefined;
  if (lists.length === 1) return { tests: [...first] };
  return lists.every((w) => w.length === 1) ? { match: "any", tests: lists.flat() } : undefined;
}

/** What a line of the form still lacks. */
export function lack(x: PolicyTest): "time" | "value" | "bounds" | undefined {
  if (x.what === "clock") return x.from && x.to && x.from !== x.to ? undefined : "time";
  if (x.min !== undefined && x.max !== undefined && x.min > x.max) return "bounds";
  return x.any?.length || x.none?.length || x.min !== undefined || x.max !== undefined ? undefined : "value";
}

/** What a level of warning does where nothing else is said (S90). */
export function usual(severity: number): Pick<Clause, "always" | "ladder"> {
  if (severity === 1)
    return { always: [{ do: "recall" }, { do: "mute_all", minutes: 60 }, { do: "page" }], ladder: [] };
  if (severity === 2)
    return {
      always: [{ do: "recall" }],
      ladder: [
        { acts: [{ do: "mute", minutes: 60 }] },
        { acts: [{ do: "mute", minutes: 1440 }] },
        { acts: [{ do: "remove" }, { do: "notice" }] },
      ],
    };
  return { always: [], ladder: [{ acts: [{ do: "remind" }] }, { acts: [{ do: "warn" }] }] };
}
