import type { AuditEntry } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Input, Select } from "antd";
import { lazy, Suspense } from "react";
import { colleagues } from "../../queries/sending.ts";
import { type AuditSearch, audit } from "../../queries/team.ts";
import { Parts } from "../../shell/Parts.tsx";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { addDays, dayStart } from "../../words/time.ts";
import { useWords } from "../../words/useWords.ts";
import style from "./Team.module.css";

const RangePicker = lazy(() => import("../../parts/OpenRange.tsx"));

/** Who changed what, with how it was before and after. */
export function AuditPage() {
  const w = useWords();
  const { t } = w;
  const { community, zone } = useHere();
  const { from, to, ...rest } = useSearch({ from: "/inside/settings/audit" });
  const navigate = useNavigate({ from: "/settings/audit" });
  const set = (part: AuditSearch) =>
    void navigate({ search: (s) => ({ ...s, ...part }), replace: true, resetScroll: false });
  const { data: everybody } = useQuery(colleagues(community));
  const filter = {
    ...rest,
    ...(from ? { from: dayStart(from, zone) } : {}),
    ...(to ? { to: dayStart(addDays(to, 1), zone) } : {}),
  };
  const found = useInfiniteQuery(audit(community, filter));
  const entries = found.data?.pages.flatMap((p) => p.entries) ?? [];
  const file = new URLSearchParams(
    Object.entries(filter).flatMap(([k, v]) => (v === undefined ? [] : [[k, String(v)]])),
  );
  const acts = Object.entries(t("audit.act", { returnObjects: true }) as Record<string, string>);
  return (
    <div className={style.page}>
      <h1>{t("settings.title")}</h1>
      <Parts of="settings" />
      <Panel
        title={t("audit.title")}
        note={t("audit.note")}
        actions={
          <Button href={`/api/v1/communities/${community}/audit.csv?${file}`} download>
            {t("audit.export")}
          </Button>
        }
      >
        <div className={style.filter}>
          <Select
            aria-label={t("audit.all")}
            value={rest.staff ?? 0}
            onChange={(staff) => set({ staff: staff || undefined })}
            popupMatchSelectWidth={false}
            options={[
              { value: 0, label: t("audit.all") },
              ...(everybody ?? []).map((c) => ({ value: c.id, label: c.name })),
            ]}
          />
          <Select
            aria-label={t("audit.anyAct")}
            showSearch={{ optionFilterProp: "label" }}
            value={rest.act ?? ""}
            onChange={(act) => set({ act: act || undefined })}
            popupMatchSelectWidth={false}
            options={[
              { value: "", label: t("audit.anyAct") },
              ...acts
                .map(([value, label]) => ({ value, label }))
                .sort((a, b) => a.label.localeCompare(b.label, w.lang)),
            ]}
          />
          <Suspense>
            <RangePicker from={from} to={to} onChange={(from, to) => set({ from, to })} />
          </Suspense>
          <Input.Search
            key={rest.q}
            style={{ maxWidth: 280 }}
            allowClear
            maxLength={100}
            defaultValue={rest.q}
            placeholder={t("audit.search")}
            aria-label={t("audit.search")}
            onSearch={(q) => set({ q: q || undefined })}
          />
        </div>
        {found.error && entries.length === 0 ? (
          <Failed trouble={asProblem(found.error)} onRetry={() => void found.refetch()} />
        ) : found.isPending ? (
          <Loading rows={6} />
        ) : entries.length === 0 ? (
          <Empty title={t("audit.none")}>{t("audit.noneTeach")}</Empty>
        ) : (
          <ul>
            {entries.map((e) => (
              <li key={e.id}>
                <Line entry={e} />
              </li>
            ))}
          </ul>
        )}
        {found.hasNextPage ? (
          <Button loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            {t("audit.more")}
          </Button>
        ) : null}
      </Panel>
    </div>
  );
}

/** What it was done to: the outer words are ours, names of its own stay as they are. */
function Subject({ of }: { of: string }) {
  const { t } = useWords();
  const [head = "", ...rest] = of.split("/");
  const called = (part: string) => t(`audit.of.${part as "mail"}`, { defaultValue: part });
  const number = Number(rest[0]);
  const whose =
    head === "group" && number > 0 ? (
      <Link to="/groups/$group" params={{ group: number }}>{`${called(head)} ${number}`}</Link>
    ) : head === "person" && number > 0 ? (
      <Link to="/people/$person" params={{ person: number }}>{`${called(head)} ${number}`}</Link>
    ) : head === "set" ? (
      `${called(head)} ${rest[0]}`
    ) : undefined;
  return whose ? (
    <>
      {whose} {rest.length > 1 ? [called(rest[1] ?? ""), ...rest.slice(2)].join(" ") : ""}
    </>
  ) : (
    [called(head), ...rest].join(" ")
  );
}

const pretty = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value, null, 2));

function Line({ entry: e }: { entry: AuditEntry }) {
  const w = useWords();
  const { t } = w;
  const { zone } = useHere();
  const changed = e.before !== undefined || e.after !== undefined;
  const head = (
    <>
      <span className={style.name}>{e.staff === 0 ? t("audit.machine") : e.name || `#${e.staff}`}</span>{" "}
      {t(`audit.act.${e.act as "setting.save"}`, { defaultValue: e.act })}{" "}
      <span className={style.faint}>
        <Subject of={e.subject} /> · {w.when(e.at, zone)}
      </span>
    </>
  );
  return (
    <article className={style.line} aria-label={`#${e.id}`}>
      <div className={style.words}>
        {changed ? (
          <details>
            <summary>{head}</summary>
            <div className={style.changes}>
              {e.before === undefined ? null : (
                <div>
                  <p className={style.faint}>{t("audit.before")}</p>
                  <pre>{pretty(e.before)}</pre>
                </div>
              )}
              {e.after === undefined ? null : (
                <div>
                  <p className={style.faint}>{t("audit.after")}</p>
                  <pre>{pretty(e.after)}</pre>
                </div>
              )}
            </div>
          </details>
        ) : (
          <p>{head}</p>
        )}
      </div>
    </article>
  );
}
