import type { Connection, Driver } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Button } from "antd";
import { useState } from "react";
import { connections, hookAddress, saveConnection } from "../../queries/connections.ts";
import { useHere } from "../../shell/useHere.ts";
import { Copy } from "../../ui/Copy.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import type { DriverWords } from "../../words/connectors.ts";
import { useWords } from "../../words/useWords.ts";
import { ConnectionState, lagWords, Standing } from "./ConnectionState.tsx";
import style from "./Connections.module.css";
import { Why } from "./ConnectionsPage.tsx";
import { EditSheet } from "./EditSheet.tsx";
import { fileOf, inputOf } from "./fields.ts";
import { HealthTimeline } from "./HealthTimeline.tsx";
import { Login } from "./Login.tsx";
import { Made } from "./Made.tsx";
import { Offers } from "./Offers.tsx";
import { RemoveSheet } from "./RemoveSheet.tsx";
import { Sending } from "./Sending.tsx";
import { TestAgain } from "./TestAgain.tsx";
import { useDrivers } from "./useDrivers.ts";

/** One connection: how it is and was, its groups, and everything that can be changed about it. */
export function ConnectionPage() {
  const { t } = useWords();
  const { connection: name } = useParams({ from: "/inside/connections/$connection" });
  const { community } = useHere();
  const { data, error, refetch } = useQuery(connections(community));
  const connection = data?.find((c) => c.name === name);
  return (
    <div className={style.page}>
      {connection ? (
        <Details connection={connection} />
      ) : (
        <>
          <header>
            <Up />
            <h1>{name}</h1>
          </header>
          {error ? (
            <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
          ) : data ? (
            <Empty title={t("connection.gone")}>{t("connection.goneTeach")}</Empty>
          ) : (
            <Loading rows={8} />
          )}
        </>
      )}
    </div>
  );
}

function Up() {
  const { t } = useWords();
  return (
    <Link to="/connections" search={{}} className={style.up}>
      {t("connections.title")}
    </Link>
  );
}

function Details({ connection: c }: { connection: Connection }) {
  const { t } = useWords();
  const { may, community } = useHere();
  const client = useQueryClient();
  const drivers = useDrivers();
  const driver = drivers.driver(c.driver);
  const words = drivers.words(c.driver);
  const [open, setOpen] = useState<"edit" | "remove">();
  const [made, setMade] = useState<Record<string, string>>({});
  const pause = useMutation({
    mutationFn: (paused: boolean) => saveConnection(community, c.name, { ...inputOf(c), paused }),
    onSettled: () => client.invalidateQueries({ queryKey: ["connections"] }),
  });
  const changeable = may("manage") && c.version > 0;
  return (
    <>
      <header>
        <Up />
        <div className={style.head}>
          <h1 className={style.title}>
            {c.title || c.name} <ConnectionState connection={c} />
          </h1>
          {c.driver === "wecom" || c.driver === "wecom-archive" ? (
            <Link to="/connections/$connection/wecom" params={{ connection: c.name }} search={{}}>
              {t("wecom.open")}
            </Link>
          ) : null}
          {c.driver === "mp" ? (
            <Link to="/connections/$connection/following" params={{ connection: c.name }} search={{}}>
              {t("following.open")}
            </Link>
          ) : null}
          {changeable ? (
            <div className={style.acts}>
              <Button disabled={!driver} onClick={() => setOpen("edit")}>
                {t("connection.edit")}
              </Button>
              <Button loading={pause.isPending} onClick={() => pause.mutate(!c.paused)}>
                {t(c.paused ? "connection.resume" : "connection.pause")}
              </Button>
              <Button danger onClick={() => setOpen("remove")}>
                {t("connection.remove")}
              </Button>
            </div>
          ) : null}
        </div>
        <p className={style.tags}>
          <span className={style.faint}>{words.title}</span>
          <Standing official={c.official} />
          {c.dry_run ? <span className={style.tag}>{t("connections.dryRun")}</span> : null}
        </p>
      </header>
      {pause.error ? <Failed trouble={asProblem(pause.error)} /> : null}
      {c.paused ? <p className={style.note}>{t("connection.pausedTeach")}</p> : null}
      {!c.paused && c.health.state !== "online" ? <Why connection={c} /> : null}
      {c.official || !words.risk ? null : <p className={style.risk}>{words.risk}</p>}
      {driver && Object.keys(made).length > 0 ? (
        <Made connection={c} driver={driver} words={words} made={made} />
      ) : null}
      <Login name={c.name} />
      <Now connection={c} driver={driver} words={words} onEdit={changeable ? () => setOpen("edit") : undefined} />
      <HealthTimeline name={c.name} />
      <Offers connection={c} />
      {may("manage") ? <TestAgain connection={c} words={words} /> : null}
      {changeable && driver && !driver.reads_only ? <Sending key={c.version} connection={c} driver={driver} /> : null}
      {may("manage") && c.version === 0 ? <p className={style.faint}>{t("connection.fixed")}</p> : null}
      {open === "edit" && driver ? (
        <EditSheet connection={c} driver={driver} words={words} onSaved={setMade} onClose={() => setOpen(undefined)} />
      ) : null}
      {open === "remove" ? <RemoveSheet connection={c} onClose={() => setOpen(undefined)} /> : null}
    </>
  );
}

interface NowProps {
  connection: Connection;
  driver: Driver | undefined;
  words: DriverWords;
  /** Opens the settings, for who may change them. */
  onEdit: (() => void) | undefined;
}

/** How it is now, in numbers, and where it is found. */
function Now({ connection: c, driver, words, onEdit }: NowProps) {
  const w = useWords();
  const { t } = w;
  const { zone } = useHere();
  const { health: h } = c;
  return (
    <Panel title={t("connection.now")}>
      <dl className={style.rows}>
        <dt>{t("connections.groups")}</dt>
        <dd>
          {w.exact(c.groups)}{" "}
          <Link to="/capabilities" search={{ connection: c.name }}>
            {t("connection.abilities")}
          </Link>
        </dd>
        <dt>{t("connections.event")}</dt>
        <dd>{h.event_at > 0 ? w.when(h.event_at, zone) : t("connections.never")}</dd>
        <dt>{t("connections.lag")}</dt>
        <dd>{h.event_at > 0 ? lagWords(w, h.lag) : "–"}</dd>
        <dt>{t("connections.heard")}</dt>
        <dd>{t("connection.events", { count: h.heard, n: w.exact(h.heard) })}</dd>
        <dt>{t("connections.errors")}</dt>
        <dd className={h.errors > 0 ? style.loud : undefined}>{w.exact(h.errors)}</dd>
        {c.hook ? (
          <>
            <dt>{t("connections.hook")}</dt>
            <dd>
              <Copy value={hookAddress(c.hook)} />
            </dd>
          </>
        ) : null}
        {driver?.fields
          .filter((f) => f.kind === "file")
          .map((f) => {
            const { name } = fileOf(String(c.config[f.name] ?? ""));
            if (!name && !onEdit) return null;
            return [
              <dt key={`${f.name}-name`}>{words.fields[f.name]?.label ?? f.name}</dt>,
              <dd key={f.name}>
                {name ? (
                  <a className={style.hook} href={`/${name}`} target="_blank" rel="noreferrer">
                    {hookAddress(`/${name}`)}
                  </a>
                ) : (
                  <Button onClick={onEdit}>{t("connect.file.hand")}</Button>
                )}
              </dd>,
            ];
          })}
      </dl>
    </Panel>
  );
}
