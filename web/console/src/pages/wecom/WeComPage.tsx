import type { Connection } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef } from "react";
import { connections } from "../../queries/connections.ts";
import tabs from "../../shell/Parts.module.css";
import { useHere } from "../../shell/useHere.ts";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import { ArchivePart } from "./ArchivePart.tsx";
import { CodesPart } from "./CodesPart.tsx";
import { ContactCodesPart } from "./ContactCodesPart.tsx";
import { GreetingsPart } from "./GreetingsPart.tsx";
import { GroupsPart } from "./GroupsPart.tsx";
import { HandOverPart } from "./HandOverPart.tsx";
import { type Part, parts } from "./parts.ts";
import { SendsPart } from "./SendsPart.tsx";
import { TagsPart } from "./TagsPart.tsx";
import style from "./WeCom.module.css";
import { WordsPart } from "./WordsPart.tsx";

/** What a corporation manages on WeCom beside its groups' messages. */
export function WeComPage() {
  const { t } = useWords();
  const { connection: name } = useParams({ from: "/inside/connections/$connection/wecom" });
  const { community } = useHere();
  const { data, error, refetch } = useQuery(connections(community));
  const connection = data?.find((c) => c.name === name);
  return (
    <div className={style.page}>
      <header>
        <Link to="/connections/$connection" params={{ connection: name }} className={style.up}>
          {connection?.title || name}
        </Link>
        <h1>{t("wecom.title")}</h1>
      </header>
      {connection ? (
        <Sections connection={connection} archive={data?.find((c) => c.driver === "wecom-archive")} />
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

interface Props {
  connection: Connection;
  /** The connection that reads what is said, if there is one. */
  archive: Connection | undefined;
}

function Sections({ connection: c, archive }: Props) {
  const { t } = useWords();
  const { may } = useHere();
  const search = useSearch({ from: "/inside/connections/$connection/wecom" });
  const of: readonly Part[] = c.driver === "wecom-archive" ? ["archive"] : parts;
  const shown = of.filter((p) => p !== "archive" || may("manage"));
  const part = shown.find((p) => p === search.part) ?? shown[0];
  const content: Record<Part, () => ReactNode> = {
    groups: () => <GroupsPart name={c.name} />,
    codes: () => <CodesPart name={c.name} />,
    contacts: () => <ContactCodesPart name={c.name} />,
    greetings: () => <GreetingsPart name={c.name} />,
    tags: () => <TagsPart name={c.name} />,
    words: () => <WordsPart name={c.name} />,
    sends: () => <SendsPart name={c.name} />,
    handover: () => <HandOverPart name={c.name} />,
    archive: () => <ArchivePart name={c.driver === "wecom-archive" ? c.name : archive?.name} />,
  };
  // On a phone the sections are wider than the screen.
  const bar = useRef<HTMLElement>(null);
  useEffect(() => {
    const here = bar.current?.querySelector<HTMLElement>(`[data-part="${part}"]`);
    if (bar.current && here)
      bar.current.scrollLeft = here.offsetLeft - (bar.current.clientWidth - here.offsetWidth) / 2;
  }, [part]);
  return (
    <>
      <nav ref={bar} className={`${tabs.parts} ${style.tabs}`} aria-label={t("wecom.parts")}>
        {shown.map((p) => (
          <Link
            key={p}
            data-part={p}
            to="/connections/$connection/wecom"
            params={{ connection: c.name }}
            search={{ part: p }}
            className={p === part ? `${tabs.part} ${tabs.here}` : tabs.part}
            aria-current={p === part ? "page" : undefined}
          >
            {t(`wecom.part.${p}`)}
          </Link>
        ))}
      </nav>
      {part ? content[part]() : null}
    </>
  );
}
