import type { Carried as Item, Message } from "@qunying/api/model";
import { useRouteContext } from "@tanstack/react-router";
import { useState } from "react";
import { bytes } from "../words/format.ts";
import { useWords } from "../words/useWords.ts";
import style from "./Carried.module.css";

type Why =
  | "gone"
  | "no_way"
  | "too_large"
  | "type"
  | "private"
  | "empty"
  | "unreachable"
  | "disk"
  | "age"
  | "room"
  | "missing";

interface Props {
  message: Pick<Message, "seq" | "media">;
  /** Inside a button or link: nothing in it can be opened by itself. */
  still: boolean;
}

/** The pictures and files of a message, or why they are not there. */
export function Carried({ message: m, still }: Props) {
  const { t } = useWords();
  const { community } = useRouteContext({ from: "/inside" });
  return (
    <span className={style.row}>
      {(m.media ?? []).map((i) => {
        const href = `/api/v1/communities/${community}/messages/${m.seq}/media/${i.part}`;
        if (i.state === "waiting") {
          return (
            <span key={i.part} className={style.note}>
              {t(i.why ? "media.again" : "media.waiting", { why: i.why ? t(`media.why.${i.why as Why}`) : "" })}
            </span>
          );
        }
        if (i.state !== "kept") {
          return (
            <span key={i.part} className={style.note}>
              {t(`media.why.${(i.why || "missing") as Why}`)}
            </span>
          );
        }
        return <Kept key={i.part} item={i} href={href} still={still} />;
      })}
    </span>
  );
}

function Kept({ item: i, href, still }: { item: Item; href: string; still: boolean }) {
  const { t } = useWords();
  const [lost, setLost] = useState(false);
  if (lost) return <span className={style.note}>{t("media.why.missing")}</span>;
  const shown = i.picture ? (
    <img
      className={style.picture}
      src={`${href}?size=small`}
      alt={i.name || t("media.picture")}
      loading="lazy"
      onError={() => setLost(true)}
    />
  ) : (
    <span className={style.file}>
      {i.name || t("media.file")} · {bytes(i.bytes ?? 0)}
    </span>
  );
  if (still) return shown;
  return i.picture ? (
    <a href={href} target="_blank" rel="noreferrer" title={t("media.open")}>
      {shown}
    </a>
  ) : (
    <a href={href} download={i.name || ""}>
      {shown}
    </a>
  );
}
