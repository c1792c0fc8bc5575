import { ExclamationCircleFilled, EyeFilled, WarningFilled } from "@ant-design/icons";
import type { Colleague, Metric, TodayItem } from "@qunying/api/model";
import { Link } from "@tanstack/react-router";
import { alertWords } from "../../parts/alertWords.ts";
import { useHere } from "../../shell/useHere.ts";
import { useWords, type Words } from "../../words/useWords.ts";
import style from "./TodayPage.module.css";

interface Props {
  item: TodayItem;
  metrics: Metric[];
  staff: Colleague[];
}

/** One thing that needs people: what it is, of which groups, whose they are, and what helps. */
export function ItemCard({ item, metrics, staff }: Props) {
  const w = useWords();
  const { t } = w;
  const { zone } = useHere();
  const grave = item.severity === "alert";
  const keepers = item.keepers.map((k) => staff.find((s) => s.id === k)?.name ?? t("tasks.somebody"));
  const others = item.count - item.groups.length;
  return (
    <article className={style.card}>
      <header className={style.line}>
        <span className={grave ? style.grave : style.watch}>
          {grave ? <ExclamationCircleFilled aria-hidden="true" /> : <WarningFilled aria-hidden="true" />}{" "}
          {t(grave ? "alerts.grave" : "alerts.watch")}
        </span>
        {item.since ? (
          <span className={style.faint}>{t("alerts.since", { when: w.when(item.since, zone) })}</span>
        ) : null}
      </header>
      <h2>{itemWords(w, item, metrics)}</h2>
      {item.data.lever ? <p className={style.soft}>{t(`lever.${item.data.lever}` as "lever.topics")}</p> : null}
      {item.count > 1 && item.groups.length > 0 ? (
        <p className={style.groups}>
          {item.groups.map((g) => (
            <Link key={g.group} to="/groups/$group" params={{ group: g.group }} search={{}}>
              {g.name}
            </Link>
          ))}
          {others > 0 ? <span className={style.faint}>{t("today.others", { count: others })}</span> : null}
        </p>
      ) : null}
      <footer className={style.line}>
        <span className={style.faint}>
          {item.groups.length === 0
            ? null
            : keepers.length > 0
              ? t("today.keepers", { names: keepers.join(t("today.and")) })
              : t("today.nobodys")}
          {item.seen && item.cause !== "slump" && item.since ? (
            <>
              {" "}
              <EyeFilled aria-hidden="true" /> {t("today.seen")}
            </>
          ) : null}
        </span>
        <Where item={item} />
      </footer>
    </article>
  );
}

/** What is wrong, in a sentence: of one group by its name, of several by their number. */
function itemWords(w: Words, item: TodayItem, metrics: Metric[]): string {
  const { t } = w;
  const known = metrics.find((m) => m.id === item.metric);
  const metric = known ? (w.lang === "zh-CN" ? known.zh : known.en) : (item.metric ?? "");
  const group = item.groups[0]?.name ?? "";
  const one = item.count === 1;
  switch (item.cause) {
    case "slump":
      return one ? t("today.cause.slump", { group, metric }) : t("today.cause.slumps", { count: item.count, metric });
    case "band":
      return one
        ? alertWords(w, { cause: item.cause, data: item.data, group_name: group })
        : t("today.cause.bands", { count: item.count, metric });
    case "silent":
      if (!one) return t("today.cause.silent", { count: item.count });
      break;
    case "overdue":
      if (!one) return t("today.cause.overdue", { count: item.count });
      break;
    case "failed":
      return t("today.cause.failed", { count: item.count });
    case "unknown":
      return t("today.cause.unknown", { count: item.count });
  }
  return alertWords(w, { cause: item.cause, data: item.data, group_name: group });
}

/** Where it is dealt with. */
function Where({ item }: { item: TodayItem }) {
  const { t } = useWords();
  const [group] = item.groups;
  switch (item.cause) {
    case "failed":
    case "unknown":
      return (
        <Link to="/outbox" search={{ state: item.cause }}>
          {t("today.toOutbox")}
        </Link>
      );
    case "connection":
      if (!item.data.account) break;
      return (
        <Link to="/connections/$connection" params={{ connection: item.data.account }}>
          {t("alerts.toConnection")}
        </Link>
      );
    case "overdue":
      return (
        <Link to="/tasks" search={item.count === 1 && group ? { group: group.group } : {}}>
          {t("alerts.toTasks")}
        </Link>
      );
  }
  if (item.count === 1 && group)
    return (
      <Link to="/groups/$group" params={{ group: group.group }} search={{}}>
        {t("tasks.toGroup")}
      </Link>
    );
  return item.cause === "slump" ? null : (
    <Link to="/alerts" search={{}}>
      {t("today.toAlerts")}
    </Link>
  );
}
