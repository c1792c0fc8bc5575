import type { Order } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button, Input } from "antd";
import { useId, useState } from "react";
import { order, saveOrder, tryAddress } from "../../queries/moderation.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Failed } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./Moderation.module.css";

/** Under which address members reach their own page, and whether it is there. */
export function MemberPageForm({ saved, writable }: { saved: Order; writable: boolean }) {
  const { t } = useWords();
  const { community } = useHere();
  const client = useQueryClient();
  const id = useId();
  const [address, setAddress] = useState(saved.address ?? "");
  const typed = address.trim().replace(/\/+$/, "");
  const save = useMutation({
    mutationFn: () => saveOrder(community, { ...saved, address: typed }),
    onSuccess: (after) => client.setQueryData(order(community).queryKey, after),
  });
  const look = useMutation({ mutationFn: (at: string) => tryAddress(community, at) });
  const here = location.origin;
  const found = look.data && look.variables === typed ? look.data : undefined;
  return (
    <Panel title={t("order.memberPage.title")} note={t("order.memberPage.note")}>
      <div className={style.form}>
        <div className={style.field}>
          <label htmlFor={id}>{t("order.memberPage.address")}</label>
          <Input
            id={id}
            type="url"
            disabled={!writable}
            maxLength={200}
            placeholder={t("order.memberPage.example")}
            aria-describedby={`${id}-help`}
            value={address}
            onChange={(e) => setAddress(e.target.value)}
          />
          <p id={`${id}-help`} className={style.faint}>
            {t("order.memberPage.help")}
          </p>
        </div>
        {writable ? (
          <div className={style.acts}>
            <Button type="link" disabled={typed === here} onClick={() => setAddress(here)}>
              {t("order.memberPage.useThis", { address: here })}
            </Button>
            <Button disabled={!typed} loading={look.isPending} onClick={() => look.mutate(typed)}>
              {t("order.memberPage.try")}
            </Button>
            <Button
              type="primary"
              disabled={typed === (saved.address ?? "")}
              loading={save.isPending}
              onClick={() => save.mutate()}
            >
              {t("order.memberPage.save")}
            </Button>
          </div>
        ) : null}
        {found ? (
          <div role="status">
            <p className={found.ok ? style.good : style.serious}>{t(`order.memberPage.found.${found.answer}`)}</p>
            {found.ok && !found.safe ? <p className={style.serious}>{t("order.memberPage.unsafe")}</p> : null}
            {found.error ? (
              <p className={style.faint} lang="en">
                {found.error}
                {found.hint ? ` (${found.hint})` : ""}
              </p>
            ) : null}
          </div>
        ) : null}
        {look.error ? <Failed trouble={asProblem(look.error)} /> : null}
        {save.error ? <Failed trouble={asProblem(save.error)} /> : null}
        {saved.address ? null : <p>{t("order.memberPage.none")}</p>}
      </div>
    </Panel>
  );
}
