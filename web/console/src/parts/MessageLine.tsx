import type { Message } from "@qunying/api/model";
import type { ReactNode } from "react";
import { whole } from "../words/time.ts";
import { useWords } from "../words/useWords.ts";
import { Carried } from "./Carried.tsx";
import style from "./MessageLine.module.css";
import { type Piece, pieces } from "./marks.ts";

interface Props {
  message: Message;
  /** Says in which group, where that is not plain from the page. */
  group?: boolean;
  emphasis?: boolean;
  /** The line is inside a button: pictures in it cannot be opened by themselves. */
  still?: boolean;
  /** What can be done about it. */
  actions?: ReactNode;
}

/** A message, or another thing that happened in the group, as a line of a conversation. */
export function MessageLine({ message: m, group, emphasis, still, actions }: Props) {
  const w = useWords();
  const { t } = w;
  const spoken = m.kind === "message.posted";
  const name = m.name || t("message.nameless");
  return (
    <article className={emphasis ? `${style.line} ${style.emphasis}` : style.line}>
      <span className={style.face} aria-hidden="true" style={{ background: `var(--q-heat-${1 + (m.person % 3)})` }}>
        {firstLetter(name)}
      </span>
      <div className={style.body}>
        <p className={style.head}>
          <span className={style.name}>{name}</span>
          {m.from_us && spoken ? <span className={style.us}>{t("message.fromUs")}</span> : null}
          {group ? <span className={style.group}>{m.group_name}</span> : null}
          <time className={style.time} dateTime={new Date(m.at).toISOString()} title={whole(m.at, m.zone)}>
            {w.when(m.at, m.zone)}
          </time>
        </p>
        {spoken ? <Spoken message={m} /> : <p className={style.quiet}>{eventText(t, m)}</p>}
        {m.media?.length ? <Carried message={m} still={still ?? false} /> : null}
      </div>
      {actions}
    </article>
  );
}

function Spoken({ message: m }: { message: Message }) {
  const { t } = useWords();
  if (m.erased) return <p className={style.quiet}>{t("message.erased")}</p>;
  const form = m.content && m.content !== "text" ? t(`content.${m.content}` as "content.text") : "";
  return (
    <p className={m.recalled ? `${style.text} ${style.recalled}` : style.text}>
      {form ? <span className={style.form}>{form}</span> : null}
      <Marked pieces={pieces(m.text, m.marks ?? [])} />
      {m.recalled ? <span className={style.note}> {t("message.recalled")}</span> : null}
    </p>
  );
}

function Marked({ pieces: list }: { pieces: Piece[] }) {
  return list.map((p) => (p.hit ? <mark key={p.from}>{p.text}</mark> : <span key={p.from}>{p.text}</span>));
}

const events = new Set([
  "message.recalled",
  "member.joined",
  "member.left",
  "member.renamed",
  "group.renamed",
  "group.announced",
  "roster.taken",
  "coverage.lost",
  "coverage.back",
]);

function eventText(t: ReturnType<typeof useWords>["t"], m: Message): string {
  const removed = m.kind === "member.left" && m.from_us;
  const known = removed ? "member_removed" : events.has(m.kind) ? m.kind.replace(".", "_") : "other";
  const words = t(`event.${known}` as "event.other");
  return m.text ? `${words} ${m.text}` : words;
}

function firstLetter(name: string): string {
  return [...name][0] ?? "?";
}
