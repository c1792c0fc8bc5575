import type { MatrixRow } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Select } from "antd";
import { Fragment, useEffect, useState } from "react";
import { capabilities, connections } from "../../queries/connections.ts";
import { Parts } from "../../shell/Parts.tsx";
import { useHere } from "../../shell/useHere.ts";
import { Pager } from "../../ui/Pager.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./CapabilitiesPage.module.css";

const perPage = 25;
const imported = "-"; // no connection is called so

/** What can be done in which group, and by whom. */
export function CapabilitiesPage() {
  const { t } = useWords();
  const { community } = useHere();
  const { connection } = useSearch({ from: "/inside/capabilities" });
  const navigate = useNavigate({ from: "/capabilities" });
  const [page, setPage] = useState(0);
  const list = useQuery(connections(community));
  const matrix = useInfiniteQuery(capabilities(community));
  const { data, error, hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = matrix;
  const rows = data?.pages
    .flatMap((p) => p.groups)
    .filter((g) => connection === undefined || has(g, connection === imported ? "" : connection));
  const wanted = (page + 1) * perPage + 1;
  // The server gives groups by number; those of one connection may be on any page.
  const more = hasNextPage && rows !== undefined && rows.length < wanted;
  useEffect(() => {
    if (more && !isFetchingNextPage && !isFetchNextPageError) void fetchNextPage();
  }, [more, isFetchingNextPage, isFetchNextPageError, fetchNextPage]);

  const shown = rows?.slice(page * perPage, (page + 1) * perPage) ?? [];
  const span = { from: page * perPage + 1, to: page * perPage + shown.length };
  return (
    <div className={style.page}>
      <header>
        <h1>{t("capabilities.title")}</h1>
      </header>
      <Parts of="connections" />
      <Panel
        title={t("capabilities.what")}
        note={t("capabilities.about")}
        flush
        actions={
          <Select
            className={style.filter}
            aria-label={t("capabilities.filter")}
            value={connection ?? ""}
            onChange={(v) => {
              setPage(0);
              void navigate({ search: { connection: v || undefined }, replace: true });
            }}
            options={[
              { value: "", label: t("capabilities.all") },
              ...(list.data ?? []).map((c) => ({ value: c.name, label: c.title || c.name })),
              { value: imported, label: t("capabilities.imported") },
            ]}
          />
        }
      >
        {error && !isFetchNextPageError ? (
          <div className={style.pad}>
            <Failed trouble={asProblem(error)} onRetry={() => void matrix.refetch()} />
          </div>
        ) : null}
        {isFetchNextPageError ? (
          <div className={style.pad}>
            <Failed trouble={asProblem(error)} onRetry={() => void fetchNextPage()} />
          </div>
        ) : null}
        {!rows || (shown.length === 0 && more) ? (
          error ? null : (
            <div className={style.pad}>
              <Loading rows={8} />
            </div>
          )
        ) : rows.length === 0 ? (
          <Empty title={t("capabilities.none")}>{t("capabilities.noneTeach")}</Empty>
        ) : (
          <>
            <Matrix rows={shown} />
            {rows.length > perPage || hasNextPage ? (
              <div className={style.pad}>
                <Pager
                  words={
                    hasNextPage
                      ? t("capabilities.pageMore", span)
                      : t("capabilities.page", { ...span, of: rows.length })
                  }
                  onBack={page > 0 ? () => setPage(page - 1) : undefined}
                  onNext={rows.length > (page + 1) * perPage ? () => setPage(page + 1) : undefined}
                />
              </div>
            ) : null}
          </>
        )}
      </Panel>
    </div>
  );
}

/** Whether a connection is in a group, be it the one that acts first or another. */
const has = (g: MatrixRow, connection: string) => g.connection === connection || (g.also ?? []).includes(connection);

const abilities = [
  "read",
  "joins",
  "members",
  "send",
  "recall",
  "recall_own",
  "mute",
  "mute_all",
  "remove",
  "announce",
  "rename",
  "invite",
  "approve",
] as const;
const reaches = ["machine", "person", "nobody"] as const;
const signs = { machine: "✓", person: "☞", nobody: "–" };

function Matrix({ rows }: { rows: MatrixRow[] }) {
  const { t } = useWords();
  return (
    <>
      <ul className={style.legend}>
        {reaches.map((r) => (
          <li key={r}>
            <span className={style[r]} aria-hidden="true">
              {signs[r]}
            </span>{" "}
            {t(`capabilities.can.${r}`)}
          </li>
        ))}
        <li className={style.swipe}>{t("capabilities.swipe")}</li>
      </ul>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by key */}
      <section className={style.scroll} tabIndex={0} aria-label={t("capabilities.title")}>
        <table className={style.table}>
          <thead>
            <tr>
              <th scope="col">{t("capabilities.group")}</th>
              {abilities.map((a) => (
                <th key={a} scope="col">
                  {t(`capabilities.ability.${a}`)}
                </th>
              ))}
              <th scope="col" className={style.connection}>
                {t("capabilities.connection")}
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((g) => (
              <tr key={g.group}>
                <th scope="row">
                  <Link to="/groups/$group" params={{ group: g.group }} search={{}}>
                    {g.name}
                  </Link>
                </th>
                {abilities.map((a) => (
                  <Cell key={a} can={g.capabilities.find((c) => c.ability === a)?.can ?? "nobody"} />
                ))}
                <td className={style.connection}>
                  {g.connection ? (
                    [g.connection, ...(g.also ?? [])].map((name, i) => (
                      <Fragment key={name}>
                        {i > 0 ? ", " : null}
                        <Link to="/connections/$connection" params={{ connection: name }}>
                          {name}
                        </Link>
                      </Fragment>
                    ))
                  ) : (
                    <span className={style.faint}>{t("capabilities.imported")}</span>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}

function Cell({ can }: { can: (typeof reaches)[number] }) {
  const { t } = useWords();
  const words = t(`capabilities.can.${can}`);
  return (
    <td className={style[can]} title={words}>
      <span aria-hidden="true">{signs[can]}</span>
      <span className="unseen">{words}</span>
    </td>
  );
}
