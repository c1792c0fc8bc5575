import { asProblem } from "@qunying/api/problem";
import { useMutation } from "@tanstack/react-query";
import { Button } from "antd";
import { makeLink } from "../../queries/moderation.ts";
import { useHere } from "../../shell/useHere.ts";
import { Copy } from "../../ui/Copy.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { Failed } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./Moderation.module.css";

/** A link to the member's own page, to be sent to the member alone. */
export function LinkPanel({ person }: { person: number }) {
  const w = useWords();
  const { t } = w;
  const { community, zone, may } = useHere();
  const make = useMutation({ mutationFn: () => makeLink(community, person) });
  if (!may("moderation.judge")) return null;
  return (
    <Panel title={t("order.link.title")} note={t("order.link.note")}>
      <div className={style.form}>
        {make.data ? (
          <div role="status">
            <Copy value={make.data.link} />
            <p className={style.faint}>{t("order.link.until", { when: w.when(make.data.until, zone) })}</p>
          </div>
        ) : (
          <div className={style.acts}>
            <Button loading={make.isPending} onClick={() => make.mutate()}>
              {t("order.link.make")}
            </Button>
          </div>
        )}
        {make.error ? (
          asProblem(make.error).code === "unsupported" ? (
            <p className={style.serious} role="alert">
              {t("order.link.noAddress")}
            </p>
          ) : (
            <Failed trouble={asProblem(make.error)} />
          )
        ) : null}
      </div>
    </Panel>
  );
}
