import type { CaseEntry } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { Button } from "antd";
import { caseEntries, signCheckpoint, verifyBook } from "../../queries/moderation.ts";
import { Parts } from "../../shell/Parts.tsx";
import { useHere } from "../../shell/useHere.ts";
import { Copy } from "../../ui/Copy.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { useWords, type Words } from "../../words/useWords.ts";
import style from "./Moderation.module.css";
import { categoryText, decisionText } from "./words.ts";

/** The case log: what was judged and decided, in an order that cannot be changed without its showing. */
export function CasesPage() {
  const w = useWords();
  const { t } = w;
  const { community, zone, may } = useHere();
  const found = useInfiniteQuery(caseEntries(community));
  const entries = found.data?.pages.flatMap((p) => p.entries) ?? [];
  const verify = useMutation({ mutationFn: () => verifyBook(community) });
  const sign = useMutation({ mutationFn: () => signCheckpoint(community) });
  return (
    <div className={`${style.page} ${style.narrow}`}>
      <h1>{t("order.title")}</h1>
      <Parts of="moderation" />
      <Panel
        title={t("order.casebook")}
        note={t("order.casebookNote")}
        actions={
          may("moderation.judge") ? (
            <>
              <Button loading={verify.isPending} onClick={() => verify.mutate()}>
                {t("order.verify")}
              </Button>
              <Button loading={sign.isPending} onClick={() => sign.mutate()}>
                {t("order.sign")}
              </Button>
            </>
          ) : undefined
        }
      >
        <div className={style.form}>
          {verify.error ? <Failed trouble={asProblem(verify.error)} /> : null}
          {sign.error ? <Failed trouble={asProblem(sign.error)} /> : null}
          {verify.data ? (
            <div role="status">
              <p className={verify.data.ok ? style.good : style.grave}>
                {t(verify.data.ok ? "order.whole_" : "order.broken", {
                  n: w.exact(verify.data.entries),
                  erased: w.exact(verify.data.erased),
                })}
              </p>
              <ul lang="en">
                {verify.data.problems.map((p) => (
                  <li key={p}>{p}</li>
                ))}
              </ul>
            </div>
          ) : null}
          {sign.data ? (
            <div role="status" className={style.form}>
              <p>{t("order.signed", { n: w.exact(sign.data.size) })}</p>
              <Copy value={sign.data.note} />
              <p className={style.faint}>{t("order.signedKey")}</p>
              <Copy value={sign.data.key} />
            </div>
          ) : null}
          {found.error && entries.length === 0 ? (
            <Failed trouble={asProblem(found.error)} onRetry={() => void found.refetch()} />
          ) : found.isPending ? (
            <Loading rows={6} />
          ) : entries.length === 0 ? (
            <Empty title={t("order.noEntries")}>{t("order.noEntriesTeach")}</Empty>
          ) : (
            <ul>
              {entries.map((e) => (
                <li key={e.id}>
                  <div className={style.line}>
                    <p className={style.words}>
                      <span className={style.name}>#{e.id}</span>{" "}
                      {t(`order.entryKind.${e.kind as "verdict"}`, { defaultValue: e.kind })} {e.ref}{" "}
                      <span className={style.faint}>
                        {about(t, e)} · {w.when(e.at, zone)}
                        {e.erased ? ` · ${t("order.entryErased")}` : ""}
                      </span>
                    </p>
                    {may("moderation.judge") ? (
                      <Button
                        size="small"
                        href={`/api/v1/communities/${community}/casebook/${e.id}/evidence`}
                        download
                        aria-label={t("order.evidenceOf", { n: e.id })}
                      >
                        {t("order.evidence")}
                      </Button>
                    ) : null}
                  </div>
                </li>
              ))}
            </ul>
          )}
          {found.hasNextPage ? (
            <Button loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
              {t("order.more")}
            </Button>
          ) : null}
        </div>
      </Panel>
    </div>
  );
}

/** What an entry says in short: of a verdict category and stage, of a ruling what was decided. */
function about(t: Words["t"], e: CaseEntry): string {
  const said = JSON.parse(e.envelope) as { category?: string; stage?: string; what?: string };
  return [
    said.category ? categoryText(t, said.category) : "",
    said.stage ? t(`order.stage.${said.stage as "suggest"}`) : "",
    e.kind === "ruling" && said.what ? decisionText(t, "suggest", said.what) : "",
  ]
    .filter(Boolean)
    .map((x) => ` · ${x}`)
    .join("");
}
