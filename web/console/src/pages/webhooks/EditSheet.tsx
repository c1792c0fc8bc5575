import type { Webhook } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button, Input, Select, Switch } from "antd";
import { type ReactNode, useId, useState } from "react";
import { saveWebhook } from "../../queries/webhooks.ts";
import { useGroupChoices } from "../../shell/useGroupChoices.ts";
import { useHere } from "../../shell/useHere.ts";
import { Sheet } from "../../ui/Sheet.tsx";
import { Failed } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import { kinds } from "./kinds.ts";
import style from "./Webhooks.module.css";

interface Props {
  /** Absent: a new one. */
  webhook: Webhook | undefined;
  taken: string[];
  /** Told the secret if one was made up: it is shown this once. */
  onSaved: (name: string, secret: string | undefined) => void;
  onClose: () => void;
}

/** Adds a webhook, or changes one. */
export function EditSheet({ webhook, taken, onSaved, onClose }: Props) {
  const { t } = useWords();
  const { community } = useHere();
  const client = useQueryClient();
  const id = useId();
  const [name, setName] = useState(webhook?.name ?? "");
  const [url, setUrl] = useState(webhook?.url ?? "");
  const [secret, setSecret] = useState("");
  const [chosen, setChosen] = useState(webhook?.kinds ?? []);
  const [inGroups, setInGroups] = useState(webhook?.groups ?? []);
  const [bare, setBare] = useState(webhook?.bare ?? false);
  const [paused, setPaused] = useState(webhook?.paused ?? false);
  const [looked, setLooked] = useState(false);
  const choices = useGroupChoices(inGroups);
  const save = useMutation({
    mutationFn: () =>
      saveWebhook(community, name, {
        url: url.trim(),
        ...(secret ? { secret } : {}),
        kinds: chosen,
        groups: inGroups,
        bare,
        paused,
        version: webhook?.version ?? 0,
      }),
    onSuccess: async (a) => {
      await client.invalidateQueries({ queryKey: ["webhooks"] });
      onSaved(name, a.secret);
      onClose();
    },
  });
  const fine = {
    name: webhook !== undefined || (/^[a-z0-9][a-z0-9-]{0,39}$/.test(name) && !taken.includes(name)),
    url: /^https?:\/\/[^\s/]+/.test(url.trim()),
  };
  const problem = save.error ? asProblem(save.error) : undefined;
  return (
    <Sheet
      title={webhook ? t("webhooks.editTitle", { name: webhook.name }) : t("webhooks.add")}
      width={520}
      onClose={onClose}
    >
      <div className={style.form}>
        {webhook ? null : (
          <Field
            id={`${id}-name`}
            label={t("webhooks.name")}
            help={t("webhooks.nameHelp")}
            wrong={looked && !fine.name ? t("webhooks.nameWrong") : ""}
          >
            <Input
              id={`${id}-name`}
              value={name}
              maxLength={40}
              spellCheck={false}
              aria-describedby={`${id}-name-help`}
              status={looked && !fine.name ? "error" : undefined}
              onChange={(e) => setName(e.target.value.toLowerCase())}
            />
          </Field>
        )}
        <Field
          id={`${id}-url`}
          label={t("webhooks.url")}
          help={t("webhooks.urlHelp")}
          wrong={looked && !fine.url ? t("webhooks.urlWrong") : ""}
        >
          <Input
            id={`${id}-url`}
            value={url}
            maxLength={2000}
            inputMode="url"
            spellCheck={false}
            aria-describedby={`${id}-url-help`}
            status={looked && !fine.url ? "error" : undefined}
            onChange={(e) => setUrl(e.target.value)}
          />
        </Field>
        <Field
          id={`${id}-secret`}
          label={t("webhooks.secret")}
          help={t(webhook ? "webhooks.secretKept" : "webhooks.secretHelp")}
        >
          <Input.Password
            id={`${id}-secret`}
            value={secret}
            maxLength={200}
            autoComplete="new-password"
            spellCheck={false}
            aria-describedby={`${id}-secret-help`}
            onChange={(e) => setSecret(e.target.value)}
          />
        </Field>
        <Field id={`${id}-kinds`} label={t("webhooks.kinds")} help={t("webhooks.kindsHelp")}>
          <Select
            id={`${id}-kinds`}
            mode="multiple"
            aria-label={t("webhooks.kinds")}
            placeholder={t("webhooks.allKinds")}
            value={chosen}
            onChange={setChosen}
            showSearch={{ optionFilterProp: "label" }}
            options={[
              ...kinds.map((k) => ({ value: k.kind as string, label: t(`kind.${k.text}`) })),
              ...chosen.filter((c) => !kinds.some((k) => k.kind === c)).map((c) => ({ value: c, label: c })),
            ]}
          />
        </Field>
        <Field id={`${id}-groups`} label={t("webhooks.groups")} help={t("webhooks.groupsHelp")}>
          <Select
            id={`${id}-groups`}
            mode="multiple"
            aria-label={t("webhooks.groups")}
            placeholder={t("webhooks.allGroups")}
            value={inGroups}
            onChange={(list) => {
              choices.forget();
              setInGroups(list);
            }}
            showSearch={choices.showSearch}
            options={choices.options}
          />
        </Field>
        <Toggle
          id={`${id}-bare`}
          label={t("webhooks.bare")}
          help={t("webhooks.bareHelp")}
          on={bare}
          onChange={setBare}
        />
        <Toggle
          id={`${id}-paused`}
          label={t("webhooks.paused")}
          help={t("webhooks.pausedHelp")}
          on={paused}
          onChange={setPaused}
        />
        {problem ? (
          <Failed
            trouble={
              problem.code === "conflict" && !webhook
                ? { code: "", message: t("webhooks.used"), hint: t("webhooks.usedHint") }
                : problem
            }
          />
        ) : null}
        <div className={style.links}>
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button
            type="primary"
            loading={save.isPending}
            onClick={() => {
              setLooked(true);
              if (fine.name && fine.url) save.mutate();
            }}
          >
            {t("action.save")}
          </Button>
        </div>
      </div>
    </Sheet>
  );
}

interface FieldProps {
  id: string;
  label: string;
  help: string;
  wrong?: string;
  children: ReactNode;
}

function Field({ id, label, help, wrong, children }: FieldProps) {
  return (
    <div className={style.field}>
      <label htmlFor={id}>{label}</label>
      {children}
      <p id={`${id}-help`} className={wrong ? style.wrong : style.faint}>
        {wrong || help}
      </p>
    </div>
  );
}

interface ToggleProps {
  id: string;
  label: string;
  help: string;
  on: boolean;
  onChange: (on: boolean) => void;
}

function Toggle({ id, label, help, on, onChange }: ToggleProps) {
  return (
    <div className={style.toggle}>
      <div>
        <label htmlFor={id}>{label}</label>
        <p className={style.faint}>{help}</p>
      </div>
      <Switch id={id} checked={on} onChange={onChange} />
    </div>
  );
}
