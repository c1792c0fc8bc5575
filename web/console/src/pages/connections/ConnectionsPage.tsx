import { PlusOutlined } from "@ant-design/icons";
import type { Connection } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Button } from "antd";
import { connections } from "../../queries/connections.ts";
import { Parts } from "../../shell/Parts.tsx";
import { useHere } from "../../shell/useHere.ts";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import { ConnectionState, lagWords, Standing } from "./ConnectionState.tsx";
import style from "./Connections.module.css";
import { useDrivers } from "./useDrivers.ts";

/** Our accounts on chat networks, and how they are doing. */
export function ConnectionsPage() {
  const { t } = useWords();
  const { community, may } = useHere();
  const navigate = useNavigate();
  const { data, error, refetch } = useQuery(connections(community));
  const add = (
    <Button
      type="primary"
      icon={<PlusOutlined aria-hidden="true" />}
      onClick={() => void navigate({ to: "/connect", search: {} })}
    >
      {t("connections.add")}
    </Button>
  );
  return (
    <div className={style.page}>
      <header className={style.head}>
        <div>
          <h1>{t("connections.title")}</h1>
          {data && data.length > 0 ? (
            <p className={style.faint}>
              {t("connections.about", {
                count: data.length,
                online: data.filter((c) => c.health.state === "online" && !c.paused).length,
              })}
            </p>
          ) : null}
        </div>
        {may("manage") && data && data.length > 0 ? add : null}
      </header>
      <Parts of="connections" />
      {error && !data ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={6} />
      ) : data.length === 0 ? (
        <Empty title={t("connections.none")} actions={may("manage") ? add : undefined}>
          {t("connections.noneTeach")}
        </Empty>
      ) : (
        <ul className={style.cards}>
          {[...data].sort(urgentFirst).map((c) => (
            <li key={c.name}>
              <Card connection={c} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

const urgency = { offline: 0, waiting: 1, degraded: 2, online: 3 };

function urgentFirst(a: Connection, b: Connection): number {
  const of = (c: Connection) => (c.paused ? 4 : urgency[c.health.state]);
  return of(a) - of(b) || a.name.localeCompare(b.name);
}

function Card({ connection: c }: { connection: Connection }) {
  const w = useWords();
  const { t } = w;
  const { zone } = useHere();
  const words = useDrivers().words(c.driver);
  const title = c.title || c.name;
  return (
    <article className={style.card} aria-label={title}>
      <div className={style.between}>
        <h2 className={style.name}>
          <Link to="/connections/$connection" params={{ connection: c.name }} className={style.whole}>
            {title}
          </Link>
        </h2>
        <ConnectionState connection={c} />
      </div>
      <p className={style.tags}>
        <span className={style.faint}>{words.title}</span>
        <Standing official={c.official} />
        {c.dry_run ? <span className={style.tag}>{t("connections.dryRun")}</span> : null}
      </p>
      {c.health.state !== "online" && !c.paused ? <Why connection={c} /> : null}
      <dl className={style.facts}>
        <Fact name={t("connections.groups")}>{w.exact(c.groups)}</Fact>
        <Fact name={t("connections.offers")} loud={c.offers > 0}>
          {w.exact(c.offers)}
        </Fact>
        <Fact name={t("connections.event")}>
          {c.health.event_at > 0 ? w.when(c.health.event_at, zone) : t("connections.never")}
        </Fact>
        <Fact name={t("connections.lag")}>{c.health.event_at > 0 ? lagWords(w, c.health.lag) : "–"}</Fact>
        <Fact name={t("connections.errors")} loud={c.health.errors > 0}>
          {w.exact(c.health.errors)}
        </Fact>
      </dl>
    </article>
  );
}

function Fact({ name, loud, children }: { name: string; loud?: boolean; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className={loud ? style.loud : undefined}>{children}</dd>
    </div>
  );
}

/** Why a connection is not well: our sentence for the code, and the platform's own words. */
export function Why({ connection: { driver, health } }: { connection: Connection }) {
  const { t } = useWords();
  const known = useDrivers().words(driver).codes[health.code ?? ""];
  const plain =
    health.state === "waiting"
      ? health.code
        ? "connections.waitsForSetting"
        : "connections.waitsForLogin"
      : health.why
        ? "connections.trying"
        : "connections.noReason";
  return (
    <div className={style.why}>
      <p>{known ?? t(plain)}</p>
      {health.why ? <p className={style.detail}>{health.why}</p> : null}
    </div>
  );
}
