import type { Colleague, Contact } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input, Select } from "antd";
import { useId, useState } from "react";
import { contact, saveContact } from "../../queries/alerts.ts";
import { colleagues } from "../../queries/sending.ts";
import { useHere } from "../../shell/useHere.ts";
import { Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./DeliveryForm.module.css";

/** Where colleagues are told of tasks and alerts. */
export function ContactsForm() {
  const { t } = useWords();
  const { community, staff: me } = useHere();
  const id = useId();
  const [chosen, setChosen] = useState<number | undefined>();
  const { data: staff, error, refetch } = useQuery(colleagues(community));
  if (error && !staff) return <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />;
  if (!staff) return <Loading rows={3} />;
  const who = chosen ?? me?.id ?? staff[0]?.id;
  return (
    <div className={style.form}>
      <div className={style.field}>
        <label htmlFor={id}>{t("contacts.who")}</label>
        <Select
          id={id}
          value={who}
          onChange={setChosen}
          options={staff.map((s: Colleague) => ({ value: s.id, label: s.name }))}
        />
      </div>
      {who ? <One key={who} staff={who} /> : null}
    </div>
  );
}

function One({ staff }: { staff: number }) {
  const { community } = useHere();
  const { data, error, refetch } = useQuery(contact(community, staff));
  if (error && !data) return <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={2} />;
  return <Form key={data.version} staff={staff} saved={data} />;
}

function Form({ staff, saved }: { staff: number; saved: Contact }) {
  const { t } = useWords();
  const { community } = useHere();
  const client = useQueryClient();
  const id = useId();
  const [typed, setTyped] = useState(saved);
  const save = useMutation({
    mutationFn: () => saveContact(community, staff, typed),
    onSuccess: () => client.invalidateQueries({ queryKey: ["settings", "contact"] }),
  });
  const changed = typed.mail !== saved.mail || typed.wecom !== saved.wecom || typed.language !== saved.language;
  return (
    <form
      className={style.form}
      onSubmit={(e) => {
        e.preventDefault();
        save.mutate();
      }}
    >
      {saved.lost ? <Failed trouble={{ code: "", message: t("contacts.lost"), hint: t("contacts.lostHint") }} /> : null}
      <div className={style.field}>
        <label htmlFor={`${id}mail`}>{t("contacts.mail")}</label>
        <Input
          id={`${id}mail`}
          type="email"
          maxLength={254}
          value={typed.mail ?? ""}
          onChange={(e) => setTyped((was) => ({ ...was, mail: e.target.value }))}
        />
      </div>
      <div className={style.field}>
        <label htmlFor={`${id}wecom`}>{t("contacts.wecom")}</label>
        <p className={style.teach}>{t("contacts.wecomTeach")}</p>
        <Input
          id={`${id}wecom`}
          maxLength={64}
          value={typed.wecom}
          onChange={(e) => setTyped((was) => ({ ...was, wecom: e.target.value }))}
        />
      </div>
      <div className={style.field}>
        <label htmlFor={`${id}language`}>{t("contacts.language")}</label>
        <Select
          id={`${id}language`}
          value={typed.language ?? "zh-CN"}
          onChange={(language) => setTyped((was) => ({ ...was, language }))}
          options={[
            { value: "zh-CN", label: t("language.zh") },
            { value: "en", label: t("language.en") },
          ]}
        />
      </div>
      {save.error ? <Failed trouble={asProblem(save.error)} /> : null}
      <div className={style.foot}>
        <Button type="primary" htmlType="submit" loading={save.isPending} disabled={!changed}>
          {t("contacts.save")}
        </Button>
        {!changed && saved.version > 0 ? (
          <span role="status" className={style.teach}>
            {t("contacts.saved")}
          </span>
        ) : null}
      </div>
    </form>
  );
}
