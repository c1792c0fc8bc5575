import type { MyAccount } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Form, Input, QRCode } from "antd";
import { useState } from "react";
import { account, beginSecond, changePassword, confirmSecond, dropSecond, endSignIns } from "../../queries/team.ts";
import { Parts } from "../../shell/Parts.tsx";
import { useHere } from "../../shell/useHere.ts";
import { Copy } from "../../ui/Copy.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import { browserOf } from "./browser.ts";
import style from "./Team.module.css";

const shortest = 10; // characters of a password

/** My own password, second factor and sign-ins. */
export function AccountPage() {
  const { t } = useWords();
  const { data, error, refetch } = useQuery(account);
  return (
    <div className={style.page}>
      <h1>{t("settings.title")}</h1>
      <Parts of="settings" />
      {error && !data ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={6} />
      ) : (
        <>
          <Password />
          <SecondFactor mine={data} />
          <SignIns mine={data} />
        </>
      )}
    </div>
  );
}

function useMine<V>(act: (values: V) => Promise<MyAccount>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: act, onSuccess: (after) => client.setQueryData(account.queryKey, after) });
}

function Password() {
  const { t } = useWords();
  const [form] = Form.useForm<{ password: string; new: string }>();
  const change = useMine(changePassword);
  return (
    <Panel title={t("account.passwordTitle")} note={t("account.passwordNote")}>
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        style={{ maxWidth: 360 }}
        onFinish={(v) => change.mutate(v, { onSuccess: () => form.resetFields() })}
      >
        <Form.Item
          name="password"
          label={t("account.now")}
          rules={[{ required: true, message: t("field.passwordNeeded") }]}
        >
          <Input.Password autoComplete="current-password" />
        </Form.Item>
        <Form.Item
          name="new"
          label={t("account.new")}
          rules={[{ required: true, min: shortest, message: t("field.passwordShort", { n: shortest }) }]}
        >
          <Input.Password autoComplete="new-password" maxLength={256} />
        </Form.Item>
        {change.error ? <Refused error={change.error} /> : null}
        {change.isSuccess ? (
          <p role="status" className={style.good}>
            {t("account.changed")}
          </p>
        ) : null}
        <Button htmlType="submit" loading={change.isPending}>
          {t("account.change")}
        </Button>
      </Form>
    </Panel>
  );
}

/** What is refused here is nearly always a password or a code that was mistyped. */
function Refused({ error }: { error: Error }) {
  const { t } = useWords();
  const trouble = asProblem(error);
  const mistyped = { forbidden: "wrong", invalid: "codeWrong" } as const;
  const what = trouble.code === "forbidden" || trouble.code === "invalid" ? mistyped[trouble.code] : undefined;
  return (
    <Failed trouble={what ? { code: "", message: t(`account.${what}`), hint: t(`account.${what}Hint`) } : trouble} />
  );
}

function SecondFactor({ mine }: { mine: MyAccount }) {
  const { t } = useWords();
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const begin = useMutation({ mutationFn: beginSecond, onSuccess: () => setPassword("") });
  const confirm = useMutation({ mutationFn: confirmSecond });
  const drop = useMine(dropSecond);
  const close = () => {
    setOpen(false);
    setCode("");
    setPassword("");
    begin.reset();
    confirm.reset();
    drop.reset();
    void client.invalidateQueries({ queryKey: account.queryKey });
  };
  const failed = begin.error ?? confirm.error ?? drop.error;
  return (
    <Panel
      title={t("account.secondTitle")}
      note={mine.second_factor ? t("account.secondOn", { count: mine.recovery_codes }) : t("account.secondOff")}
      actions={
        open ? null : (
          <Button onClick={() => setOpen(true)}>{t(mine.second_factor ? "account.turnOff" : "account.turnOn")}</Button>
        )
      }
    >
      {!open ? null : confirm.data ? (
        <div className={style.form}>
          <p className={style.name}>{t("account.recovery")}</p>
          <p>{t("account.recoveryTeach")}</p>
          <ul className={style.codes}>
            {confirm.data.codes.map((c) => (
              <li key={c}>{c}</li>
            ))}
          </ul>
          <div>
            <Button type="primary" onClick={close}>
              {t("account.kept")}
            </Button>
          </div>
        </div>
      ) : begin.data ? (
        <div className={style.form}>
          <p>{t("account.scan")}</p>
          <QRCode value={begin.data.url} size={200} color="#000" bgColor="#fff" />
          <Copy value={begin.data.secret} />
          <Input
            style={{ maxWidth: 200 }}
            inputMode="numeric"
            autoComplete="one-time-code"
            aria-label={t("account.code")}
            placeholder={t("account.code")}
            maxLength={6}
            value={code}
            onChange={(e) => setCode(e.target.value)}
          />
          {failed ? <Refused error={failed} /> : null}
          <div className={style.acts}>
            <Button onClick={close}>{t("action.cancel")}</Button>
            <Button
              type="primary"
              disabled={code.length !== 6}
              loading={confirm.isPending}
              onClick={() => confirm.mutate({ token: begin.data.token, code })}
            >
              {t("account.confirm")}
            </Button>
          </div>
        </div>
      ) : (
        <div className={style.form}>
          <Input.Password
            style={{ maxWidth: 360 }}
            autoComplete="current-password"
            aria-label={t("account.confirmPassword")}
            placeholder={t("account.confirmPassword")}
            value={password}
            onChange={(e) => setPassword(e.target.value)}
          />
          {failed ? <Refused error={failed} /> : null}
          <div className={style.acts}>
            <Button onClick={close}>{t("action.cancel")}</Button>
            <Button
              type="primary"
              disabled={!password}
              loading={begin.isPending || drop.isPending}
              onClick={() =>
                mine.second_factor ? drop.mutate(password, { onSuccess: close }) : begin.mutate(password)
              }
            >
              {t(mine.second_factor ? "account.turnOff" : "account.turnOn")}
            </Button>
          </div>
        </div>
      )}
    </Panel>
  );
}

function SignIns({ mine }: { mine: MyAccount }) {
  const w = useWords();
  const { t } = w;
  const { zone } = useHere();
  const end = useMine((id: string | undefined) => endSignIns(id));
  return (
    <Panel
      title={t("account.signInsTitle")}
      actions={
        mine.sign_ins.length > 1 ? (
          <Button loading={end.isPending && end.variables === undefined} onClick={() => end.mutate(undefined)}>
            {t("account.endOthers")}
          </Button>
        ) : undefined
      }
    >
      {end.error ? <Failed trouble={asProblem(end.error)} /> : null}
      <ul>
        {mine.sign_ins.map((s) => (
          <li key={s.id}>
            <div className={style.line}>
              <div className={style.words}>
                <p title={s.agent}>
                  {browserOf(s.agent) || "–"}
                  {s.here ? <span className={style.good}> · {t("account.here")}</span> : null}
                </p>
                <p className={style.faint}>
                  {s.address} · {t("account.since", { when: w.when(s.created_at, zone) })} · {t("team.seen")}{" "}
                  {w.when(s.seen_at, zone)}
                </p>
              </div>
              {s.here ? null : (
                <Button size="small" loading={end.isPending && end.variables === s.id} onClick={() => end.mutate(s.id)}>
                  {t("account.end")}
                </Button>
              )}
            </div>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
