import type { MailServer, MailServerInput } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input, Select } from "antd";
import { useId, useState } from "react";
import { mailServer, saveMailServer, tryMail } from "../../queries/alerts.ts";
import { useHere } from "../../shell/useHere.ts";
import { Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./DeliveryForm.module.css";

/** By which server e-mails go out, with a letter to see whether it works. */
export function MailForm() {
  const [done, setDone] = useState(false); // the form is made anew for what was saved
  const { community } = useHere();
  const { data, error, refetch } = useQuery(mailServer(community));
  if (error && !data) return <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={6} />;
  return <Form key={data.version} saved={data} done={done} onDone={() => setDone(true)} />;
}

const usualPort = { tls: 465, starttls: 587, none: 25 } as const;

interface Props {
  saved: MailServer;
  done: boolean;
  onDone: () => void;
}

function Form({ saved, done, onDone }: Props) {
  const { t } = useWords();
  const { community } = useHere();
  const client = useQueryClient();
  const id = useId();
  const [server, setServer] = useState({ ...saved, password: "", to: saved.to.join(", ") });
  const [to, setTo] = useState(saved.to[0] ?? "");
  const input = (): MailServerInput => ({
    host: server.host.trim(),
    port: server.port,
    security: server.security,
    user: server.user.trim(),
    ...(server.password ? { password: server.password } : {}),
    from: server.from.trim(),
    to: server.to
      .split(/[,，;；\s]+/)
      .map((a) => a.trim())
      .filter(Boolean),
    language: server.language,
    console: server.console.trim(),
    version: saved.version,
  });
  const save = useMutation({
    mutationFn: () => saveMailServer(community, input()),
    onSuccess: () => {
      onDone();
      return client.invalidateQueries({ queryKey: ["settings", "mail"] });
    },
  });
  const attempt = useMutation({ mutationFn: () => tryMail(community, input(), to.trim()) });
  const change = (part: Partial<typeof server>) => setServer((all) => ({ ...all, ...part }));
  const trouble = save.error ?? attempt.error;
  return (
    <form
      className={style.form}
      onSubmit={(e) => {
        e.preventDefault();
        save.mutate();
      }}
    >
      <div className={style.field}>
        <label htmlFor={`${id}host`}>{t("mail.host")}</label>
        <p className={style.teach}>{t("mail.hostTeach")}</p>
        <Input
          id={`${id}host`}
          value={server.host}
          autoComplete="off"
          onChange={(e) => change({ host: e.target.value })}
        />
      </div>
      <div className={style.quiet}>
        <Select
          aria-label={t("mail.security")}
          value={server.security}
          popupMatchSelectWidth={false}
          style={{ minWidth: 180 }}
          onChange={(security: MailServer["security"]) => change({ security, port: usualPort[security] })}
          options={(["tls", "starttls", "none"] as const).map((s) => ({ value: s, label: t(`mail.kinds.${s}`) }))}
        />
        <Input
          type="number"
          aria-label={t("mail.port")}
          className={style.number}
          min={1}
          max={65535}
          value={server.port}
          onChange={(e) => change({ port: Number(e.target.value) })}
        />
      </div>
      <div className={style.field}>
        <label htmlFor={`${id}user`}>{t("mail.user")}</label>
        <Input
          id={`${id}user`}
          value={server.user}
          autoComplete="off"
          onChange={(e) => change({ user: e.target.value })}
        />
      </div>
      <div className={style.field}>
        <label htmlFor={`${id}password`}>{t("mail.password")}</label>
        <Input.Password
          id={`${id}password`}
          value={server.password}
          autoComplete="new-password"
          placeholder={saved.has_password ? t("mail.kept") : ""}
          onChange={(e) => change({ password: e.target.value })}
        />
      </div>
      <div className={style.field}>
        <label htmlFor={`${id}from`}>{t("mail.from")}</label>
        <Input id={`${id}from`} value={server.from} onChange={(e) => change({ from: e.target.value })} />
      </div>
      <div className={style.field}>
        <label htmlFor={`${id}to`}>{t("mail.to")}</label>
        <p className={style.teach}>{t("mail.toTeach")}</p>
        <Input id={`${id}to`} value={server.to} onChange={(e) => change({ to: e.target.value })} />
      </div>
      <div className={style.field}>
        <label htmlFor={`${id}console`}>{t("mail.console")}</label>
        <p className={style.teach}>{t("mail.consoleTeach")}</p>
        <Input
          id={`${id}console`}
          value={server.console}
          maxLength={200}
          placeholder={window.location.origin}
          onChange={(e) => change({ console: e.target.value })}
        />
      </div>
      <div className={style.field}>
        <label htmlFor={`${id}language`}>{t("mail.language")}</label>
        <p className={style.teach}>{t("mail.languageTeach")}</p>
        <Select
          id={`${id}language`}
          className={style.number}
          value={server.language}
          onChange={(language: MailServer["language"]) => change({ language })}
          options={(["zh-CN", "en"] as const).map((l) => ({
            value: l,
            label: t(l === "en" ? "language.en" : "language.zh"),
          }))}
        />
      </div>
      <div className={style.field}>
        <label htmlFor={`${id}try`}>{t("mail.try")}</label>
        <div className={style.quiet}>
          <Input id={`${id}try`} value={to} onChange={(e) => setTo(e.target.value)} />
          <Button
            loading={attempt.isPending}
            disabled={!to.trim() || !server.host.trim()}
            onClick={() => {
              save.reset();
              attempt.mutate();
            }}
          >
            {t("mail.send")}
          </Button>
        </div>
        {attempt.isSuccess ? (
          <span role="status" className={style.teach}>
            {t("mail.sent")}
          </span>
        ) : null}
      </div>
      {trouble ? (
        asProblem(trouble).code === "unsupported" ? (
          <Failed trouble={{ code: "", message: t("mail.refused"), hint: t("mail.refusedHint") }}>
            <p className={style.teach} lang="en">
              {asProblem(trouble).message}
            </p>
          </Failed>
        ) : (
          <Failed trouble={asProblem(trouble)} />
        )
      ) : null}
      <div className={style.foot}>
        <Button type="primary" htmlType="submit" loading={save.isPending}>
          {t("action.save")}
        </Button>
        {done && !save.isPending ? (
          <span role="status" className={style.teach}>
            {t("sending.saved")}
          </span>
        ) : null}
      </div>
    </form>
  );
}
