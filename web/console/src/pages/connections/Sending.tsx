import type { Connection, Driver, Limits } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button, Input, Switch } from "antd";
import { useId, useState } from "react";
import { saveConnection } from "../../queries/connections.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Failed } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./Connections.module.css";
import { inputOf } from "./fields.ts";
import { type LimitTexts, limitNames, limitsOf, textsOf } from "./limits.ts";

/** How much the account may do, and whether it does anything at all. */
export function Sending({ connection: c, driver }: { connection: Connection; driver: Driver }) {
  const { t } = useWords();
  const { community } = useHere();
  const client = useQueryClient();
  const id = useId();
  const platform = textsOf(driver.limits);
  const [texts, setTexts] = useState<LimitTexts>(() => textsOf(c.limits ?? driver.limits));
  const limits = limitsOf(texts);
  const changed = JSON.stringify(texts) !== JSON.stringify(textsOf(c.limits ?? driver.limits));
  const save = useMutation({
    mutationFn: (by: { dry_run?: boolean; limits?: Limits | undefined }) => {
      const input = { ...inputOf(c), ...by };
      if (!input.limits) delete input.limits;
      return saveConnection(community, c.name, input as ReturnType<typeof inputOf>);
    },
    onSuccess: () => client.invalidateQueries({ queryKey: ["connections"] }),
  });
  return (
    <Panel title={t("limits.title")} note={t(c.limits ? "limits.own" : "limits.platform")}>
      <div className={style.dry}>
        <div>
          <label htmlFor={`${id}-dry`}>{t("connections.dryRun")}</label>
          <p className={style.help}>{t("limits.dryRunTeach")}</p>
        </div>
        <Switch
          id={`${id}-dry`}
          checked={c.dry_run}
          loading={save.isPending}
          onChange={(dry_run) => save.mutate({ dry_run })}
        />
      </div>
      <div className={style.limits}>
        {limitNames.map((name) => (
          <div key={name} className={style.field}>
            <div className={style.label}>
              <label htmlFor={id + name}>{t(`limits.${name}`)}</label>
            </div>
            <Input
              id={id + name}
              value={texts[name]}
              inputMode={name === "warmup" ? "text" : "decimal"}
              placeholder={platform[name] || t("limits.none")}
              status={limits.wrong.includes(name) ? "error" : undefined}
              aria-invalid={limits.wrong.includes(name) ? true : undefined}
              onChange={(e) => setTexts({ ...texts, [name]: e.target.value })}
            />
          </div>
        ))}
      </div>
      <p className={style.help}>{t("limits.teach")}</p>
      {save.error ? <Failed trouble={asProblem(save.error)} /> : null}
      <div className={style.links}>
        <Button
          type="primary"
          disabled={!changed || limits.wrong.length > 0}
          loading={save.isPending}
          onClick={() => save.mutate({ limits: limits.limits })}
        >
          {t("action.save")}
        </Button>
        {c.limits ? <Button onClick={() => save.mutate({ limits: undefined })}>{t("limits.reset")}</Button> : null}
      </div>
    </Panel>
  );
}
