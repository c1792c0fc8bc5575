import type { GroupCard } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type Content, contents, replies, type Span } from "../../queries.ts";
import { useHere } from "../../shell/useHere.ts";
import { ShareBar } from "../../ui/Meter.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import lists from "./Lists.module.css";
import style from "./RepliesPanel.module.css";

interface Props {
  group: GroupCard;
  span: Span;
  className?: string;
}

const most = 8;

function useReplies({ group, span }: Props) {
  const { community } = useHere();
  return useQuery(replies(community, group.id, { ...span, limit: most }));
}

function Person({ who }: { who: { person: number; name: string } }) {
  const { t } = useWords();
  return (
    <Link className={style.person} to="/people/$person" params={{ person: who.person }}>
      {who.name || t("message.nameless")}
    </Link>
  );
}

/** Who talks to whom: pairs, those with many partners, and those with none. */
export function RepliesPanel(props: Props) {
  const w = useWords();
  const { t } = w;
  const { data, error, refetch } = useReplies(props);
  const top = data?.pairs[0];
  const strongest = top ? top.a_to_b + top.b_to_a : 1;
  return (
    <Panel
      title={t("replies.title")}
      className={props.className}
      note={
        data?.known
          ? t("replies.ways", {
              quoted: w.exact(data.quoted),
              mentioned: w.exact(data.mentioned),
              called: w.exact(data.called),
            })
          : undefined
      }
    >
      {error && !data ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={6} />
      ) : !data.known ? (
        <Empty title={t("unknown.title")}>{t("why.no_replies")}</Empty>
      ) : data.pairs.length === 0 ? (
        <Empty title={t("replies.none")}>{t("state.otherPeriod")}</Empty>
      ) : (
        <>
          <div className={style.two}>
            <section aria-label={t("replies.pairs")}>
              <h3 className={style.head}>{t("replies.pairs")}</h3>
              <ol className={lists.list}>
                {data.pairs.map((p) => (
                  <li key={`${p.a.person}-${p.b.person}`} className={style.pair}>
                    <span className={style.names}>
                      <Person who={p.a} />
                      <span aria-hidden="true">{p.a_to_b && p.b_to_a ? "⇄" : p.a_to_b ? "→" : "←"}</span>
                      <Person who={p.b} />
                    </span>
                    <ShareBar share={(p.a_to_b + p.b_to_a) / strongest} />
                    <span
                      className={lists.number}
                      title={t("replies.each", {
                        a: p.a.name,
                        b: p.b.name,
                        to: w.exact(p.a_to_b),
                        from: w.exact(p.b_to_a),
                      })}
                    >
                      {w.exact(p.a_to_b + p.b_to_a)}
                    </span>
                  </li>
                ))}
              </ol>
            </section>
            <section aria-label={t("replies.people")}>
              <h3 className={style.head}>{t("replies.people")}</h3>
              <ol className={lists.list}>
                {data.people.map((p) => (
                  <li key={p.person} className={style.pair}>
                    <span className={style.names}>
                      <Person who={p} />
                    </span>
                    <ShareBar share={p.with / (data.people[0]?.with || 1)} />
                    <span
                      className={lists.number}
                      title={t("replies.counts", { given: w.exact(p.given), received: w.exact(p.received) })}
                    >
                      {t("replies.with", { count: p.with, n: w.exact(p.with) })}
                    </span>
                  </li>
                ))}
              </ol>
            </section>
          </div>
          {data.alone_count > 0 ? (
            <p className={style.alone}>
              {t("replies.alone", { count: data.alone_count, n: w.exact(data.alone_count), of: w.exact(data.spoke) })}{" "}
              {data.alone.map((p, i) => (
                <span key={p.person}>
                  {i > 0 ? t("replies.comma") : null}
                  <Person who={p} />
                </span>
              ))}
              {data.alone_count > data.alone.length ? t("replies.more") : null}
            </p>
          ) : null}
        </>
      )}
    </Panel>
  );
}

/** In which forms people write, and how each is answered. */
export function FormsPanel(props: Props) {
  const w = useWords();
  const { t } = w;
  const { data, error, refetch } = useReplies(props);
  const known = data?.known ?? false;
  return (
    <Panel title={t("forms.title")} className={props.className} note={known ? t("forms.note") : undefined}>
      {error && !data ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={4} />
      ) : data.forms.length === 0 ? (
        <Empty title={t("state.noMessages")}>{t("state.otherPeriod")}</Empty>
      ) : (
        <table className={style.table}>
          <thead>
            <tr>
              <th scope="col">{t("forms.form")}</th>
              <th scope="col">{t("forms.messages")}</th>
              <th scope="col">{t("forms.share")}</th>
              {known ? <th scope="col">{t("forms.answered")}</th> : null}
              {known ? <th scope="col">{t("forms.each")}</th> : null}
            </tr>
          </thead>
          <tbody>
            {data.forms.map((f) => (
              <tr key={f.content}>
                <th scope="row">
                  <Link
                    to="/messages"
                    search={{
                      group: props.group.id,
                      from: props.span.from,
                      to: props.span.to,
                      content: contents.find((c): c is Content => c === f.content),
                    }}
                  >
                    {t(`content.${f.content as Content}`)}
                  </Link>
                </th>
                <td>{w.exact(f.messages)}</td>
                <td>{w.percent(f.share)}</td>
                {known ? <td>{w.percent(f.messages ? f.answered / f.messages : 0)}</td> : null}
                {known ? <td>{f.messages ? (f.answers / f.messages).toFixed(2) : "0"}</td> : null}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

/** Questions of members that nobody answered. */
export function QuestionsPanel(props: Props) {
  const w = useWords();
  const { t } = w;
  const { data, error, refetch } = useReplies(props);
  return (
    <Panel
      title={t(data?.open_flat ? "questions.titleFlat" : "questions.title")}
      className={props.className}
      note={data ? t(data.open_flat ? "questions.noteFlat" : "questions.note") : undefined}
    >
      {error && !data ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={4} />
      ) : data.open.length === 0 ? (
        <Empty title={t("questions.none")}>{t("questions.noneTeach")}</Empty>
      ) : (
        <ol className={style.questions}>
          {data.open.map((m) => (
            <li key={m.seq}>
              <Link to="/messages" search={{ group: props.group.id, at: m.seq }}>
                {m.text || t("questions.gone")}
              </Link>
              <span className={style.by}>
                {m.name || t("message.nameless")} · {w.when(m.at, props.group.zone)}
              </span>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
