import type { GroupCard, Welcome } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input, Switch } from "antd";
import { useId, useState } from "react";
import { group as groupQuery, saveWelcome } from "../../queries.ts";
import { useHere } from "../../shell/useHere.ts";
import { Sheet } from "../../ui/Sheet.tsx";
import { Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import { DeliveryForm } from "../settings/DeliveryForm.tsx";
import { KeeperForm } from "./KeeperForm.tsx";
import style from "./SettingsDrawer.module.css";

/** What is set for one group. */
export default function SettingsDrawer({ group, onClose }: { group: GroupCard; onClose: () => void }) {
  const { t } = useWords();
  const { community } = useHere();
  const { data } = useQuery(groupQuery(community, group.id));
  return (
    <Sheet title={t("settings.group", { name: group.name })} onClose={onClose} width={480}>
      <div className={style.parts}>
        {data ? (
          <WelcomeForm key={data.settings.welcome.version} group={group} saved={data.settings.welcome} />
        ) : (
          <Loading />
        )}
        <section className={style.part}>
          <h2>{t("keeperSet.title")}</h2>
          <KeeperForm group={group.id} />
        </section>
        <section className={style.part}>
          <h2>{t("sending.title")}</h2>
          <DeliveryForm group={group.id} />
        </section>
      </div>
    </Sheet>
  );
}

function WelcomeForm({ group, saved }: { group: GroupCard; saved: Welcome }) {
  const { t } = useWords();
  const { community } = useHere();
  const client = useQueryClient();
  const [on, setOn] = useState(saved.on);
  const [text, setText] = useState(saved.text);
  const ids = { on: useId(), text: useId() };
  const again = () => client.invalidateQueries({ queryKey: groupQuery(community, group.id).queryKey });
  const save = useMutation({
    mutationFn: () => saveWelcome(community, group.id, { on, text, version: saved.version }),
    onSuccess: again,
  });
  const problem = save.error && asProblem(save.error);
  const changed = on !== saved.on || text !== saved.text;
  return (
    <div className={style.form}>
      <div className={style.switch}>
        <div>
          <label htmlFor={ids.on}>{t("welcome.title")}</label>
          <p className={style.teach}>{t("welcome.teach")}</p>
        </div>
        <Switch id={ids.on} checked={on} onChange={setOn} />
      </div>
      <label htmlFor={ids.text} className="unseen">
        {t("welcome.text")}
      </label>
      <Input.TextArea
        id={ids.text}
        value={text}
        onChange={(e) => setText(e.target.value)}
        autoSize={{ minRows: 5, maxRows: 14 }}
        maxLength={2000}
        placeholder={t("welcome.example")}
      />
      <p className={style.teach}>{t("welcome.names")}</p>
      {text.trim() ? (
        <figure className={style.preview}>
          <figcaption>{t("welcome.preview")}</figcaption>
          <p>{text.replaceAll("{name}", t("welcome.somebody"))}</p>
        </figure>
      ) : null}
      {problem ? (
        <Failed
          trouble={
            problem.code === "conflict"
              ? { code: "", message: t("welcome.conflict"), hint: t("welcome.conflictHint") }
              : problem
          }
          onRetry={problem.code === "conflict" ? () => void again() : undefined}
        />
      ) : null}
      <div className={style.foot}>
        <Button
          type="primary"
          loading={save.isPending}
          disabled={!changed || (on && text.trim() === "")}
          onClick={() => save.mutate()}
        >
          {t("action.save")}
        </Button>
        {!changed && saved.version > 0 ? <span className={style.teach}>{t("welcome.saved")}</span> : null}
      </div>
    </div>
  );
}
