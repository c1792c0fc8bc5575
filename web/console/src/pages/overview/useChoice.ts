import { useState } from "react";

/** Groups that somebody chose, over the pages of the overview. */
export interface Choice {
  ids: Set<number>;
  toggle: (id: number) => void;
  add: (ids: number[]) => void;
  drop: (ids: number[]) => void;
}

/** The choice while somebody is choosing, undefined while nobody is. */
export function useChoice(): { choice: Choice | undefined; begin: () => void; end: () => void } {
  const [ids, setIds] = useState<Set<number> | undefined>();
  const change = (how: (all: Set<number>) => Set<number>) => setIds((before) => how(new Set(before)));
  return {
    choice: ids && {
      ids,
      toggle: (id) => change((all) => new Set(all.has(id) ? [...all].filter((x) => x !== id) : [...all, id])),
      add: (more) => change((all) => new Set([...all, ...more])),
      drop: (less) => change((all) => new Set([...all].filter((id) => !less.includes(id)))),
    },
    begin: () => setIds(new Set()),
    end: () => setIds(undefined),
  };
}
