import type { GroupCard } from "@qunying/api/model";
import { Tooltip } from "antd";
import { useWords } from "../words/useWords.ts";
import style from "./DataLevel.module.css";

const levels = ["messages", "roster", "joins", "statistics"] as const;

/** What is known of a group: four small fields, filled where there is data, named for whoever asks. */
export function DataLevel({ data }: { data: GroupCard["data"] }) {
  const { t } = useWords();
  const known = levels.filter((l) => data.includes(l));
  const words = known.length > 0 ? known.map((l) => t(`data.${l}`)).join(" · ") : t("data.none");
  return (
    <Tooltip
      title={
        <ul>
          {levels.map((l) => (
            <li key={l}>
              {data.includes(l) ? "●" : "○"} {t(`data.${l}`)}
            </li>
          ))}
        </ul>
      }
    >
      <span className={style.level} role="img" aria-label={t("data.label", { what: words })}>
        {levels.map((l) => (
          <i key={l} className={data.includes(l) ? style.has : style.lacks} />
        ))}
      </span>
    </Tooltip>
  );
}

/** That messages are missing, and for how long. */
export function GapMark({ gaps }: { gaps: GroupCard["gaps"] }) {
  const { t, days } = useWords();
  if (gaps.length === 0) return null;
  const total = gaps.reduce((sum, g) => sum + g.days, 0);
  return (
    <Tooltip
      title={
        <ul>
          {gaps.slice(-6).map((g) => (
            <li key={g.from}>
              {days(g.from, g.to)} {t(`gap.${g.kind}`)}
            </li>
          ))}
        </ul>
      }
    >
      <span className={style.gap}>
        <i className="hatched" aria-hidden="true" />
        {t("gap.days", { count: total })}
      </span>
    </Tooltip>
  );
}

const networks = new Set([
  "wechat",
  "wecom",
  "wecom-robot",
  "mp",
  "satori",
  "onebot",
  "webhook",
  "qq",
  "telegram",
  "discord",
  "irc",
  "sim",
  "import",
  "dingtalk",
  "feishu",
]);

/** A chat network by the name people use, with the realm that tells it from its like. */
export function Network({ name }: { name: string }) {
  const { t } = useWords();
  const [kind = "", realm] = name.split("/");
  const words = networks.has(kind) ? t(`network.${kind}` as "network.wechat") : kind;
  return <>{realm ? `${words} · ${realm}` : words}</>;
}
