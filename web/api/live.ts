/** What the server says is out of date: of which groups, and which kind of answer. */
export interface Stale {
  groups: Set<number>;
  what: Set<string>;
  /** True after the line was down: anything may be out of date. */
  all: boolean;
}

/** The part of EventSource that is used here. */
export interface Source {
  addEventListener(type: string, listener: (event: { data: string }) => void): void;
  onopen: ((event: Event) => void) | null;
  onerror: ((event: Event) => void) | null;
  readonly readyState: number;
  close(): void;
}

const collected = 250; // milliseconds
const closed = 2; // EventSource.CLOSED
const firstWait = 1_000; // milliseconds
const longestWait = 30_000; // milliseconds

/**
 * Listens for what became stale, collects it for a quarter of a second and hands
 * it on. A browser's EventSource reconnects after a drop but gives up after an
 * error answer, so this opens a new one then, waiting longer each time. After
 * every re-open everything counts as stale. Returns how to stop.
 */
export function follow(
  url: string,
  onStale: (stale: Stale) => void,
  open: (url: string) => Source = (u) => new EventSource(u) as unknown as Source,
): () => void {
  let source: Source | undefined;
  let wait = firstWait;
  let opened = false;
  let stale: Stale | undefined;
  let flush: ReturnType<typeof setTimeout> | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;

  const note = (groups: number[], what: string[], all: boolean) => {
    stale ??= { groups: new Set(), what: new Set(), all: false };
    for (const g of groups) stale.groups.add(g);
    for (const w of what) stale.what.add(w);
    stale.all ||= all;
    flush ??= setTimeout(() => {
      const s = stale;
      stale = undefined;
      flush = undefined;
      if (s) onStale(s);
    }, collected);
  };

  const connect = () => {
    const s = open(url);
    source = s;
    s.onopen = () => {
      wait = firstWait;
      if (opened) note([], [], true);
      opened = true;
    };
    s.addEventListener("stale", (event) => {
      const said = JSON.parse(event.data) as { all?: boolean; groups?: number[] | null; what?: string[] | null };
      note(said.groups ?? [], said.what ?? [], said.all ?? false);
    });
    s.onerror = () => {
      if (s.readyState !== closed) return;
      s.close();
      retry = setTimeout(connect, wait);
      wait = Math.min(wait * 2, longestWait);
    };
  };
  connect();

  return () => {
    source?.close();
    clearTimeout(flush);
    clearTimeout(retry);
  };
}
