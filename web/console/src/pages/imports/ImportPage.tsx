import type { Import, ImportResult } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Button } from "antd";
import type { ReactNode } from "react";
import { GapMark } from "../../parts/DataLevel.tsx";
import { hand } from "../../queries/exports.ts";
import { imports, oneImport, refusedRows, stepImport } from "../../queries.ts";
import { useHere } from "../../shell/useHere.ts";
import { Meter } from "../../ui/Meter.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./Imports.module.css";
import { Preview } from "./Preview.tsx";
import { reasonKey } from "./reasons.ts";
import { inWords } from "./refusedFile.ts";
import { StateMark } from "./StateMark.tsx";

/** One import, from its preview to its result. */
export function ImportPage() {
  const { t } = useWords();
  const { import: id } = useParams({ from: "/inside/imports/$import" });
  const { community } = useHere();
  const { data, error, refetch } = useQuery(oneImport(community, id));
  const step = useStep(id);
  return (
    <div className={style.page}>
      <header>
        <Link to="/imports" search={{}} className={style.up}>
          {t("imports.title")}
        </Link>
        <h1 className={style.title}>
          {data?.file ?? "\u00a0"}
          {data ? <StateMark state={unread(data) ? "ready" : data.state} /> : null}
        </h1>
      </header>
      {error && !data ? <Failed trouble={asProblem(error)} onRetry={() => void refetch()} /> : null}
      {!data && !error ? <Loading rows={8} /> : null}
      {step.error ? <Failed trouble={asProblem(step.error)} /> : null}
      {data ? <Stage import={data} step={step} /> : null}
    </div>
  );
}

/** A table whose columns a person has to name before anything can be read. */
function unread(i: Import): boolean {
  return i.state === "failed" && i.progress.rows === 0 && (i.preview?.columns?.length ?? 0) > 0;
}

function useStep(id: number) {
  const { community } = useHere();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (what: "start" | "cancel" | "resume") => stepImport(community, id, what),
    onSuccess: (answer) => {
      client.setQueryData(oneImport(community, id).queryKey, answer);
      void client.invalidateQueries({ queryKey: imports(community).queryKey });
    },
  });
}

type Step = ReturnType<typeof useStep>;

function Stage({ import: i, step }: { import: Import; step: Step }) {
  const { t } = useWords();
  switch (i.state) {
    case "preview":
      return <Empty title={t("import.reading")}>{t("import.readingTeach")}</Empty>;
    case "ready":
      return <Preview import={i} onStart={() => step.mutate("start")} starting={step.isPending} />;
    case "running":
      return (
        <Running
          import={i}
          actions={
            <Button onClick={() => step.mutate("cancel")} loading={step.isPending}>
              {t("action.cancel")}
            </Button>
          }
        />
      );
    case "done":
      return <Done import={i} />;
    default:
      return <Stopped import={i} step={step} />;
  }
}

/** An import that was cancelled or failed: while its preview was made, or on its way. */
function Stopped({ import: i, step }: { import: Import; step: Step }) {
  const { t } = useWords();
  const begun = i.progress.rows > 0 || (i.result?.imported ?? 0) > 0;
  if (unread(i)) return <Preview import={i} onStart={() => step.mutate("start")} starting={step.isPending} />;
  const message = i.state === "cancelled" ? "import.cancelled" : begun ? "import.failed" : "import.unknown";
  const why = reasonKey(i.error ?? "");
  const trouble = why
    ? { code: "", message: t("import.unread"), hint: t(`preview.why.${why}`) }
    : { code: "", message: t(message), hint: t(begun ? "import.resumeTeach" : "import.unknownTeach") };
  return (
    <>
      <Failed trouble={trouble}>
        {i.error && !why ? (
          <p className={style.faint} lang="en">
            {[i.error, i.hint].filter(Boolean).join(" · ")}
          </p>
        ) : null}
        {begun || i.state === "cancelled" ? (
          <Button size="small" onClick={() => step.mutate("resume")} loading={step.isPending}>
            {t("import.resume")}
          </Button>
        ) : null}
      </Failed>
      {begun && i.result ? <Result result={i.result} rejects={i.result.reject_file ? i.id : undefined} /> : null}
    </>
  );
}

function Running({ import: i, actions }: { import: Import; actions: ReactNode }) {
  const w = useWords();
  const { t } = w;
  const p = i.progress;
  return (
    <Panel title={t("import.running")} note={t("import.leave")} actions={actions}>
      <div className={style.progress}>
        <Meter share={p.share} label={t("tray.importing", { name: i.file })} />
        <p className="figures" role="status">
          {[
            w.percent(p.share),
            t("import.rows", { n: w.count(p.rows) }),
            p.per_second > 0 ? t("import.rate", { n: w.count(Math.round(p.per_second)) }) : "",
            p.seconds_left > 0 ? t("import.left", { time: w.lasting(p.seconds_left) }) : "",
          ]
            .filter(Boolean)
            .join(" · ")}
        </p>
      </div>
    </Panel>
  );
}

function Done({ import: i }: { import: Import }) {
  const w = useWords();
  const { t } = w;
  const { counted, indexed } = i.progress;
  if (!i.result) return null;
  return (
    <>
      <Result result={i.result} rejects={i.result.reject_file ? i.id : undefined}>
        <div className={style.links}>
          {i.result.groups.map((g, n) => (
            <Link key={g} to="/groups/$group" params={{ group: g }} search={{}}>
              <Button type={n === 0 ? "primary" : "default"} tabIndex={-1}>
                {t("import.look", { name: i.result?.names[n] || `#${g}` })}
              </Button>
            </Link>
          ))}
          <Link to="/imports" search={{}}>
            <Button tabIndex={-1}>{t("import.another")}</Button>
          </Link>
        </div>
      </Result>
      {counted < 1 || indexed < 1 ? (
        <Panel title={t("import.after")} note={t("import.afterTeach")}>
          <div className={style.progress}>
            <span>
              {t("import.counted")} {w.percent(counted)}
            </span>
            <Meter share={counted} label={t("import.counted")} />
            <span>
              {t("import.indexed")} {w.percent(indexed)}
            </span>
            <Meter share={indexed} label={t("import.indexed")} />
          </div>
        </Panel>
      ) : null}
    </>
  );
}

/** Gives the refused rows as a table in the reader's language. */
function TakeRefused({ of }: { of: number }) {
  const { t } = useWords();
  const { community } = useHere();
  const take = useMutation({
    mutationFn: async () =>
      hand(new Blob([inWords(t, await refusedRows(community, of))], { type: "text/csv" }), `rejects-${of}.csv`),
  });
  return (
    <>
      <Button size="small" loading={take.isPending} onClick={() => take.mutate()}>
        {t("import.download")}
      </Button>
      {take.error ? <Failed trouble={asProblem(take.error)} /> : null}
    </>
  );
}

function Result({
  result: r,
  rejects,
  children,
}: {
  result: ImportResult;
  rejects: number | undefined; // the import, where its refused rows can be had
  children?: ReactNode;
}) {
  const w = useWords();
  const { t } = w;
  const range = r.from && r.to ? w.days(r.from.slice(0, 10), r.to.slice(0, 10)) : undefined;
  return (
    <Panel title={t("import.result")} note={range}>
      <dl className={style.facts}>
        <div>
          <dt>{t("import.imported")}</dt>
          <dd>{w.exact(r.imported)}</dd>
        </div>
        <div>
          <dt>{t("import.duplicates")}</dt>
          <dd>{w.exact(r.duplicates)}</dd>
        </div>
        <div>
          <dt>{t("import.people")}</dt>
          <dd>{w.exact(r.members)}</dd>
        </div>
        <div>
          <dt>{t("import.rejected")}</dt>
          <dd>
            {w.exact(r.rejected)} {rejects && r.rejected > 0 ? <TakeRefused of={rejects} /> : null}
          </dd>
        </div>
        {r.gaps.length > 0 ? (
          <div>
            <dt>{t("import.gaps")}</dt>
            <dd>
              <GapMark gaps={r.gaps} />
            </dd>
          </div>
        ) : null}
      </dl>
      {r.last_row_refused ? <p className={style.faint}>{t("import.lastRow")}</p> : null}
      {children}
    </Panel>
  );
}
