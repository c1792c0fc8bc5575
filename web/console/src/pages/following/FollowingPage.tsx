import { asProblem } from "@qunying/api/problem";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { connections } from "../../queries/connections.ts";
import tabs from "../../shell/Parts.module.css";
import { useHere } from "../../shell/useHere.ts";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "../wecom/WeCom.module.css";
import { CodesPart } from "./CodesPart.tsx";
import { MenuPart } from "./MenuPart.tsx";
import { parts } from "./parts.ts";

/** What an account that people follow manages beside its messages. */
export function FollowingPage() {
  const { t } = useWords();
  const { connection: name } = useParams({ from: "/inside/connections/$connection/following" });
  const search = useSearch({ from: "/inside/connections/$connection/following" });
  const { community } = useHere();
  const { data, error, refetch } = useQuery(connections(community));
  const connection = data?.find((c) => c.name === name);
  const part = search.part ?? parts[0];
  return (
    <div className={style.page}>
      <header>
        <Link to="/connections/$connection" params={{ connection: name }} className={style.up}>
          {connection?.title || name}
        </Link>
        <h1>{t("following.title")}</h1>
      </header>
      {connection ? (
        <>
          <nav className={tabs.parts} aria-label={t("following.parts")}>
            {parts.map((p) => (
              <Link
                key={p}
                to="/connections/$connection/following"
                params={{ connection: name }}
                search={{ part: p }}
                className={p === part ? `${tabs.part} ${tabs.here}` : tabs.part}
                aria-current={p === part ? "page" : undefined}
              >
                {t(`following.part.${p}`)}
              </Link>
            ))}
          </nav>
          {part === "menu" ? <MenuPart name={name} /> : <CodesPart name={name} />}
        </>
      ) : error ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : data ? (
        <Empty title={t("connection.gone")}>{t("connection.goneTeach")}</Empty>
      ) : (
        <Loading rows={8} />
      )}
    </div>
  );
}
